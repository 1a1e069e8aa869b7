-- Ends what waits of a portal that is being disconnected or has gone: a bounded number of its events become dead letters (`disconnected`). What a
-- delivery has in hand is left to it, unless `p_all`: then its claim is void, and it settles nothing. Tells how many ended, and how many are
-- in hand. Changes nothing of a portal that is connected (again). Lock order: the portal of the outbox, its claims, its events.
CREATE OR REPLACE FUNCTION outbox_end_portal(p_workspaces text, p_portal bigint, p_reason text, p_most int, p_all boolean)
RETURNS TABLE (ended int, in_hand int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  busy bigint[];
  done int;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  PERFORM FROM outbox_portals WHERE portal_id = p_portal FOR NO KEY UPDATE;
  IF NOT FOUND OR NOT EXISTS (SELECT FROM portals o WHERE o.portal_id = p_portal AND o.state IN ('disconnecting', 'disconnected')) THEN
    RETURN QUERY SELECT 0, 0;
    RETURN;
  END IF;
  t := clock_timestamp();
  DELETE FROM outbox_claims c WHERE c.portal_id = p_portal AND (p_all OR c.lease_until <= t);
  SELECT coalesce(array_agg(u.id), '{}') INTO busy FROM outbox_claims c, unnest(c.event_ids) AS u (id) WHERE c.portal_id = p_portal;
  WITH chosen AS (
    -- One for each state, as the indexes are.
    SELECT id FROM ((SELECT id FROM outbox_pending WHERE portal_id = p_portal AND state = 0 AND id <> ALL (busy) LIMIT p_most)
                    UNION ALL (SELECT id FROM outbox_pending WHERE portal_id = p_portal AND state = 1 AND id <> ALL (busy) LIMIT p_most)
                    UNION ALL (SELECT id FROM outbox_pending WHERE portal_id = p_portal AND state = 2 AND id <> ALL (busy) LIMIT p_most)) s
     ORDER BY id LIMIT p_most
  ), gone AS (
    DELETE FROM outbox_pending e WHERE e.id IN (SELECT id FROM chosen) RETURNING e.*
  ), kept AS (
    INSERT INTO outbox_dead (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts,
                             last_error, error_class, effects, state, reason, died_at)
    SELECT id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts,
           p_reason, 'disconnected', effects, 'dead', p_reason, t
      FROM gone
  )
  SELECT count(*)::int INTO done FROM gone;
  IF done = 0 AND cardinality(busy) = 0 THEN DELETE FROM outbox_holds h WHERE h.portal_id = p_portal; END IF;
  RETURN QUERY SELECT done, cardinality(busy);
END $$;
GRANT EXECUTE ON FUNCTION outbox_end_portal TO sluice_app;
