-- What the one call sends that finds out whether HubSpot takes completions of a suspended portal again: one admission that
-- was refused, in its place of the window, so that another refusal costs no further place. A row without execution_id
-- says in how long (`late_ms`) the first of them may be sent again; no row: none is left, so nothing speaks for the suspension.
-- `p_next`: callbacks that were refused say nothing (HubSpot may not know them, or not be able to digest one of them).
-- One execution goes, the next in turn; where the windows have no room, one of those that were refused, each in its
-- turn. It leaves the admission with its place, so that the others of it are asked for before it is again.
-- Its caller has begun the probe (begin_probe.sql). Locks the lane's window, as the release does (admit_turns.sql).
CREATE OR REPLACE FUNCTION probe_turns(
  p_workspaces text, p_portal bigint, p_owner text, p_lease_ms bigint, p_hold_ms bigint, p_next boolean
) RETURNS TABLE (
  lane_id bigint, grant_id bigint, fence int, execution_id bigint, callback_id text, ending text, waited_ms bigint,
  late_ms bigint, pack_id bigint, attempts int, queue text, place int
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  ids bigint[];
  g record;
  admission bigint;
  places int;
  admitted int;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  IF p_next THEN
    PERFORM set_config('app.probe', p_portal::text, true);
    SELECT array_agg(x.id) INTO ids FROM (
      SELECT l.id FROM lanes l WHERE l.portal_id = p_portal AND l.paused_at IS NULL
         AND EXISTS (SELECT FROM executions e WHERE e.lane_id = l.id AND e.grant_id IS NULL) LIMIT 50) x;
    RETURN QUERY SELECT r.lane_id, r.grant_id, r.fence, r.execution_id, r.callback_id, r.ending, r.waited_ms, r.late_ms,
                        r.pack_id, r.attempts, r.queue, r.place
                   FROM admit_turns(p_workspaces, coalesce(ids, '{}'), 1, p_owner, p_lease_ms, p_hold_ms) r
                  WHERE r.execution_id IS NOT NULL;
    GET DIAGNOSTICS admitted = ROW_COUNT;
    PERFORM set_config('app.probe', '', true);
    IF admitted > 0 THEN RETURN; END IF;
  END IF;

  FOR g IN SELECT x.* FROM lanes l CROSS JOIN LATERAL (
             SELECT o.id, o.workspace_id, o.lane_id, l.queue, o.granted_at, o.lease_until FROM lane_grants o
              WHERE o.lane_id = l.id AND o.answered_at IS NULL ORDER BY o.lease_until LIMIT 1) x
            WHERE l.portal_id = p_portal ORDER BY x.lease_until
  LOOP
    PERFORM 1 FROM lane_windows WHERE lane_id = g.lane_id FOR NO KEY UPDATE;
    t := clock_timestamp();
    IF g.lease_until > t THEN
      RETURN QUERY SELECT g.lane_id, NULL::bigint, NULL::int, NULL::bigint, NULL::text, NULL::text, NULL::bigint,
                          (extract(epoch FROM g.lease_until - t) * 1000)::bigint, NULL::bigint, NULL::int, NULL::text,
                          NULL::int;
      RETURN;
    END IF;
    SELECT array_agg(e.id ORDER BY e.attempts, e.seq), max(o.count) INTO ids, places
      FROM lane_grants o JOIN executions e ON e.id = ANY (o.execution_ids) AND e.grant_id = o.id WHERE o.id = g.id;
    IF ids IS NULL THEN
      UPDATE lane_grants o SET answered_at = t WHERE o.id = g.id AND o.answered_at IS NULL;
      CONTINUE;
    END IF;
    admission := g.id;
    IF p_next AND cardinality(ids) > 1 THEN
      ids := ids[1:1];
      UPDATE lane_grants o SET count = greatest(0, o.count - 1), execution_ids = array_remove(o.execution_ids, ids[1])
       WHERE o.id = g.id AND o.answered_at IS NULL AND o.lease_until <= t;
      CONTINUE WHEN NOT FOUND;
      INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until, owner)
      VALUES (g.workspace_id, p_portal, g.lane_id, least(1, places), ids, g.granted_at, g.lease_until, p_owner)
      RETURNING id INTO admission;
      UPDATE executions e SET grant_id = admission WHERE e.id = ids[1];
    END IF;
    UPDATE lane_grants o SET lease_until = t + p_lease_ms * interval '1 millisecond', owner = p_owner, fence = o.fence + 1
     WHERE o.id = admission AND o.answered_at IS NULL AND o.lease_until <= t;
    CONTINUE WHEN NOT FOUND;
    UPDATE executions e SET attempts = least(e.attempts + 1, 32000) WHERE e.id = ANY (ids);
    RETURN QUERY SELECT g.lane_id, admission, o.fence, e.id, e.callback_id, e.end_requested,
                        (extract(epoch FROM t - e.received_at) * 1000)::bigint,
                        (extract(epoch FROM t - e.planned_at) * 1000)::bigint, e.pack_id, e.attempts::int, g.queue,
                        e.place
                   FROM executions e, lane_grants o WHERE e.id = ANY (ids) AND o.id = admission ORDER BY e.seq;
    RETURN;
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION probe_turns TO sluice_app;
