-- Takes the next events of a portal in hand: one row for all of them, the events' own rows stay as they are. A claim whose holder did not
-- settle in time is taken over whole, under a higher fence; its events may have been sent (`again`).
--
-- Events of an ordering key that somebody has in hand are left alone, and those behind one that is tried again later are set aside once
-- (state 2), so that no claim steps over them again. Cost follows what is claimed, not what waits: the scan starts at the portal's
-- `low_id`, and takes a bounded number of rows. `failing`: deliveries of the portal have failed since the last success.
CREATE OR REPLACE FUNCTION outbox_claim(p_workspaces text, p_portal bigint, p_owner text, p_most int, p_lease_ms bigint) RETURNS TABLE (
  claim_id bigint, fence int, event_id bigint, type text, version smallint, ordering_key text, payload jsonb, occurred_at timestamptz,
  captured_at timestamptz, attempts smallint, effects jsonb, again boolean, failing boolean
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  ms CONSTANT interval := interval '1 millisecond';
  t timestamptz;
  p outbox_portals%ROWTYPE;
  c outbox_claims%ROWTYPE;
  busy_ids bigint[];
  busy_keys text[];
  lowest bigint;
  first_id bigint;
  late boolean := false;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  SELECT * INTO p FROM outbox_portals WHERE portal_id = p_portal FOR NO KEY UPDATE;
  IF NOT FOUND OR p.paused_at IS NOT NULL THEN RETURN; END IF;
  t := clock_timestamp();
  IF p.circuit_open_until > t THEN RETURN; END IF;
  -- Half-open: a few try whether HubSpot is back.
  IF p.circuit_open_until IS NOT NULL THEN p_most := least(p_most, 5); END IF;

  -- 1. A claim that was left behind.
  UPDATE outbox_claims o SET fence = o.fence + 1, owner = p_owner, lease_until = t + p_lease_ms * ms
   WHERE o.id = (SELECT id FROM outbox_claims WHERE portal_id = p_portal AND lease_until <= t ORDER BY id LIMIT 1)
  RETURNING * INTO c;
  late := FOUND;

  IF NOT late THEN
    -- 2. Those whose time has come are ready again; they are the heads of their ordering keys.
    WITH due AS (
      UPDATE outbox_pending e SET state = 0, due_at = NULL
       WHERE e.id IN (SELECT id FROM outbox_pending WHERE portal_id = p_portal AND state = 1 AND due_at <= t ORDER BY due_at LIMIT p_most)
      RETURNING e.id)
    SELECT least(p.low_id, min(id)) INTO lowest FROM due;
    -- Those in other hands are ready, too; whatever comes in below it lowers `low_id`.
    SELECT id INTO first_id FROM outbox_pending WHERE portal_id = p_portal AND state = 0 AND id >= lowest ORDER BY id LIMIT 1;
    IF FOUND THEN lowest := first_id; END IF;

    SELECT coalesce(array_agg(u.id), '{}'), coalesce(array_agg(u.key) FILTER (WHERE u.key IS NOT NULL), '{}') INTO busy_ids, busy_keys
      FROM outbox_claims o, unnest(o.event_ids, o.ordering_keys) AS u (id, key) WHERE o.portal_id = p_portal;

    -- 3. The next ones. Twice as many are looked at, since some are to be set aside.
    WITH seen AS MATERIALIZED (
      SELECT e.id, e.ordering_key FROM outbox_pending e
       WHERE e.portal_id = p_portal AND e.state = 0 AND e.id >= lowest AND e.id <> ALL (busy_ids)
         AND (e.ordering_key IS NULL OR e.ordering_key <> ALL (busy_keys))
       ORDER BY e.id LIMIT p_most * 2
    ), judged AS MATERIALIZED (
      SELECT s.id, s.ordering_key, h.release_upto IS NOT NULL AND s.id > h.release_upto AS held,
             row_number() OVER (PARTITION BY h.release_upto IS NOT NULL AND s.id > h.release_upto ORDER BY s.id) AS place
        FROM seen s LEFT JOIN outbox_holds h ON h.portal_id = p_portal AND h.ordering_key = s.ordering_key
    ), aside AS (
      UPDATE outbox_pending e SET state = 2 FROM judged j WHERE j.held AND e.id = j.id
    ), taken AS (
      SELECT array_agg(id ORDER BY id) AS ids, array_agg(ordering_key ORDER BY id) AS keys FROM judged WHERE NOT held AND place <= p_most
    )
    INSERT INTO outbox_claims (workspace_id, portal_id, owner, lease_until, event_ids, ordering_keys)
    SELECT p.workspace_id, p_portal, p_owner, t + p_lease_ms * ms, ids, keys FROM taken WHERE ids IS NOT NULL
    RETURNING * INTO c;

    IF lowest <> p.low_id THEN UPDATE outbox_portals SET low_id = lowest WHERE portal_id = p_portal; END IF;
    IF c.id IS NULL THEN RETURN; END IF;
  END IF;

  RETURN QUERY
  SELECT c.id, c.fence, e.id, e.type, e.version, e.ordering_key, e.payload, e.occurred_at, e.captured_at, e.attempts, e.effects, late,
         p.failures_in_a_row > 0
    FROM unnest(c.event_ids) WITH ORDINALITY AS u (id, n) JOIN outbox_pending e ON e.id = u.id ORDER BY u.n;
  IF NOT FOUND THEN DELETE FROM outbox_claims WHERE id = c.id; END IF;
END $$;
