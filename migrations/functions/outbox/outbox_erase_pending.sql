-- Ends events that name a record which is erased: what is left of each is a discarded dead letter without its payload. Returns their ids. None of
-- them while one is being delivered: the caller comes again when it has ended. Lock order as in outbox_end_portal.sql.
CREATE OR REPLACE FUNCTION outbox_erase_pending(p_workspaces text, p_portal bigint, p_ids bigint[]) RETURNS bigint[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  keys text[];
  ended bigint[];
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  IF cardinality(p_ids) = 0 THEN RETURN '{}'; END IF;
  PERFORM FROM outbox_portals o WHERE o.portal_id = p_portal FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM outbox_claims c WHERE c.portal_id = p_portal AND c.lease_until > clock_timestamp() AND c.event_ids && p_ids) THEN
    RAISE EXCEPTION 'An event that names the record is being delivered at this moment' USING ERRCODE = '55P03';
  END IF;
  DELETE FROM outbox_attempts a WHERE a.event_id = ANY (p_ids);
  DELETE FROM outbox_ledger l WHERE l.event_id = ANY (p_ids);
  WITH gone AS (
    DELETE FROM outbox_pending e WHERE e.id = ANY (p_ids) RETURNING e.*
  ), kept AS (
    INSERT INTO outbox_dead (id, workspace_id, portal_id, type, version, payload, occurred_at, captured_at, attempts, error_class, state, reason,
                             died_at)
    SELECT id, workspace_id, portal_id, type, version, '{}', occurred_at, captured_at, attempts, 'erased', 'discarded',
           'A record that it named was erased', clock_timestamp()
      FROM gone
  )
  SELECT array_agg(ordering_key) FILTER (WHERE ordering_key IS NOT NULL), coalesce(array_agg(id), '{}') INTO keys, ended FROM gone;
  -- Those that waited behind them go on.
  IF keys IS NOT NULL THEN PERFORM outbox_release_held(p_portal, keys); END IF;
  RETURN ended;
END $$;
GRANT EXECUTE ON FUNCTION outbox_erase_pending TO sluice_app;
