-- Takes the next events of a portal in hand: one row for all of them, the events' own rows stay as they are. A claim whose holder did not
-- settle in time is taken over whole, under a higher fence; its events may have been sent (`again`).
--
-- Events of an ordering key that somebody has in hand are left alone, and those behind one that is tried again later are set aside once
-- (state 2), so that no claim steps over them again. What was sent with the one that is tried again (`sent_upto`) is taken with it, whatever
-- the limit: else HubSpot would see an older value after a newer one whose answer was lost. A claim has one event, or as many as have
-- `most_bytes` of payload together: whoever holds it has all of them in memory. Cost follows what is claimed, not what waits: the scan starts
-- at the portal's `low_id`, and takes a bounded number of rows. It is written as a range of (portal_id, id): with `portal_id = …` the planner may walk the
-- primary key instead, over the rows of all other portals. `failing`: deliveries of the portal have failed since the last success.
CREATE OR REPLACE FUNCTION outbox_claim(p_workspaces text, p_portal bigint, p_owner text, p_most int, p_lease_ms bigint) RETURNS TABLE (
  claim_id bigint, fence int, event_id bigint, type text, version smallint, ordering_key text, payload jsonb, occurred_at timestamptz,
  captured_at timestamptz, attempts smallint, effects jsonb, again boolean, failing boolean
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  ms CONSTANT interval := interval '1 millisecond';
  most_bytes CONSTANT bigint := 2 * 1024 * 1024;
  t timestamptz;
  p outbox_portals%ROWTYPE;
  c outbox_claims%ROWTYPE;
  busy_ids bigint[];
  busy_keys text[];
  lowest bigint;
  first_id bigint;
  holding boolean;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  SELECT * INTO p FROM outbox_portals WHERE portal_id = p_portal FOR NO KEY UPDATE;
  IF NOT FOUND OR p.paused_at IS NOT NULL THEN RETURN; END IF;
  t := clock_timestamp();
  IF p.circuit_open_until > t THEN RETURN; END IF;
  -- Half-open: a few try whether HubSpot is back.
  IF p.circuit_open_until IS NOT NULL THEN p_most := least(p_most, 5); END IF;

  -- 1. A claim that was left behind. Its holder may be settling it at this moment.
  UPDATE outbox_claims o SET fence = o.fence + 1, owner = p_owner, lease_until = t + p_lease_ms * ms
   WHERE o.id = (SELECT id FROM outbox_claims WHERE portal_id = p_portal AND lease_until <= t ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING * INTO c;
  IF FOUND THEN
    RETURN QUERY
    SELECT c.id, c.fence, e.id, e.type, e.version, e.ordering_key, e.payload, e.occurred_at, e.captured_at, e.attempts, e.effects, true,
           p.failures_in_a_row > 0
      FROM unnest(c.event_ids) AS u (id) JOIN outbox_pending e ON e.id = u.id ORDER BY e.id;
    IF NOT FOUND THEN DELETE FROM outbox_claims WHERE id = c.id; END IF;
    RETURN;
  END IF;

  -- 2. Those whose time has come are ready again; they are the heads of their ordering keys.
  WITH due AS (
    UPDATE outbox_pending e SET state = 0, due_at = NULL
     WHERE e.id IN (SELECT id FROM outbox_pending WHERE portal_id = p_portal AND state = 1 AND due_at <= t ORDER BY due_at LIMIT p_most)
    RETURNING e.id)
  SELECT least(p.low_id, min(id)) INTO lowest FROM due;
  -- Those in other hands are ready, too; whatever comes in below it lowers `low_id`.
  SELECT id INTO first_id FROM outbox_pending
   WHERE state = 0 AND (portal_id, id) >= (p_portal, lowest) AND portal_id <= p_portal ORDER BY portal_id, id LIMIT 1;
  IF FOUND THEN lowest := first_id; END IF;
  IF lowest <> p.low_id THEN UPDATE outbox_portals SET low_id = lowest WHERE portal_id = p_portal; END IF;

  SELECT coalesce(array_agg(u.id), '{}'), coalesce(array_agg(u.key) FILTER (WHERE u.key IS NOT NULL), '{}') INTO busy_ids, busy_keys
    FROM outbox_claims o, unnest(o.event_ids, o.ordering_keys) AS u (id, key) WHERE o.portal_id = p_portal;

  -- 3. Those behind one that is tried again later are set aside: of twice as many as are taken, so that what is left fills the claim.
  holding := EXISTS (SELECT FROM outbox_holds WHERE portal_id = p_portal);
  IF holding THEN
    UPDATE outbox_pending e SET state = 2
     WHERE e.id IN (
       SELECT s.id
         FROM (SELECT id, ordering_key FROM outbox_pending
                WHERE state = 0 AND (portal_id, id) >= (p_portal, lowest) AND portal_id <= p_portal
                  AND id NOT IN (SELECT unnest(busy_ids)) AND (ordering_key IS NULL OR ordering_key NOT IN (SELECT unnest(busy_keys)))
                ORDER BY portal_id, id LIMIT p_most * 2) s
         JOIN outbox_holds h ON h.portal_id = p_portal AND h.ordering_key = s.ordering_key AND s.id > h.release_upto);
  END IF;

  -- 4. The next ones.
  RETURN QUERY
  WITH seen AS MATERIALIZED (
    SELECT e.* FROM outbox_pending e
     WHERE e.state = 0 AND (e.portal_id, e.id) >= (p_portal, lowest) AND e.portal_id <= p_portal
       AND e.id NOT IN (SELECT unnest(busy_ids)) AND (e.ordering_key IS NULL OR e.ordering_key NOT IN (SELECT unnest(busy_keys)))
     ORDER BY e.portal_id, e.id LIMIT p_most
  ), taken AS MATERIALIZED (
    SELECT s.* FROM seen s
     WHERE NOT (holding AND EXISTS (SELECT FROM outbox_holds h
                                     WHERE h.portal_id = p_portal AND h.ordering_key = s.ordering_key AND s.id > h.release_upto))
  ), weighed AS (
    -- Each with what comes before it. Rows of before have no `bytes`.
    SELECT t.*, sum(coalesce(t.bytes, octet_length(t.payload::text)) + CASE WHEN holding THEN (
                      SELECT coalesce(sum(coalesce(e.bytes, octet_length(e.payload::text))), 0)
                        FROM outbox_holds h
                        JOIN outbox_pending e ON e.state = 2 AND (e.portal_id, e.ordering_key, e.id) > (p_portal, h.ordering_key, h.head_id)
                                             AND (e.portal_id, e.ordering_key, e.id) <= (p_portal, h.ordering_key, h.sent_upto)
                       WHERE h.portal_id = p_portal AND h.ordering_key = t.ordering_key AND h.head_id = t.id AND h.sent_upto > h.head_id)
                    ELSE 0 END) OVER (ORDER BY t.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM taken t
  ), fitting AS MATERIALIZED (
    SELECT * FROM weighed WHERE coalesce(before, 0) < most_bytes
  ), whole AS MATERIALIZED (
    SELECT * FROM fitting
    UNION ALL
    SELECT e.*, NULL::numeric FROM outbox_holds h JOIN fitting n ON n.id = h.head_id
      -- A range of the index, as above.
      JOIN outbox_pending e ON e.state = 2 AND (e.portal_id, e.ordering_key, e.id) > (p_portal, h.ordering_key, h.head_id)
                           AND (e.portal_id, e.ordering_key, e.id) <= (p_portal, h.ordering_key, h.sent_upto)
     WHERE holding AND h.portal_id = p_portal AND h.sent_upto > h.head_id
  ), claim AS (
    INSERT INTO outbox_claims (workspace_id, portal_id, owner, lease_until, event_ids, ordering_keys)
    SELECT p.workspace_id, p_portal, p_owner, t + p_lease_ms * ms, array_agg(id), array_agg(ordering_key) FROM whole HAVING count(*) > 0
    RETURNING id, fence
  )
  SELECT n.id, n.fence, e.id, e.type, e.version, e.ordering_key, e.payload, e.occurred_at, e.captured_at, e.attempts, e.effects, false,
         p.failures_in_a_row > 0
    FROM claim n, whole e ORDER BY e.id;
END $$;
GRANT EXECUTE ON FUNCTION outbox_claim TO sluice_app;
