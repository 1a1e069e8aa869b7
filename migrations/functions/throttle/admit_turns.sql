-- The window law (docs/laws.md, law 3) at release: admits what the windows of these lanes of one portal have room for,
-- in the order of the lane, at most `p_max` together. An admission may be sent at once; it occupies the window from
-- here until one interval after its answer. Admissions are rows of lane_grants.
--
-- One statement takes the windows' locks (by lane id), and only then the next one's snapshot is taken: in one
-- statement a concurrent admission would be invisible and N could be exceeded.
-- A row without execution_id says when the lane wants to be asked again (null: it is empty or paused).
-- While the portal is not `active`, nothing goes: its token is missing. While it is being disconnected, executions that
-- are to end as cancelled do. While its releases are suspended (suspended_until.sql), nothing goes either.
CREATE OR REPLACE FUNCTION admit_turns(
  p_workspaces text, p_lanes bigint[], p_max int, p_owner text, p_lease_ms bigint, p_hold_ms bigint
) RETURNS TABLE (
  lane_id bigint, grant_id bigint, fence int, execution_id bigint, callback_id text, ending text, waited_ms bigint,
  late_ms bigint, pack_id bigint, attempts int, queue text, place int, next_at timestamptz, now_at timestamptz
) LANGUAGE plpgsql
-- A plan made while the tables were empty would scan them whole when they have grown, until the next ANALYZE: every
-- access is by key.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  lease timestamptz;
  hold interval := p_hold_ms * interval '1 millisecond';
  room int := p_max;
  portal_state text;
  suspended timestamptz;
  l record;
  g record;
  span interval;
  gap interval;
  used bigint;
  takes bigint;
  ids bigint[];
  admission bigint;
  head timestamptz;
  opens timestamptz;
  wake timestamptz;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  PERFORM start_executions(p_lanes);
  PERFORM 1 FROM lane_windows WHERE lane_id = ANY (p_lanes) ORDER BY lane_id FOR NO KEY UPDATE;
  t := clock_timestamp();
  lease := t + p_lease_ms * interval '1 millisecond';
  SELECT o.state, suspended_until(o.portal_id) INTO portal_state, suspended FROM portals o
   WHERE o.portal_id = (SELECT x.portal_id FROM lanes x WHERE x.id = p_lanes[1]);
  IF portal_state IS NULL OR portal_state NOT IN ('active', 'disconnecting') OR suspended IS NOT NULL THEN
    RETURN QUERY SELECT u.id, NULL::bigint, NULL::int, NULL::bigint, NULL::text, NULL::text, NULL::bigint,
                        NULL::bigint, NULL::bigint, NULL::int, NULL::text, NULL::int, NULL::timestamptz, t
                   FROM unnest(p_lanes) AS u (id);
    RETURN;
  END IF;

  FOR l IN SELECT lanes.*, w.last_granted_at FROM unnest(p_lanes) WITH ORDINALITY AS u (id, ord)
             JOIN lanes USING (id) JOIN lane_windows w ON w.lane_id = lanes.id ORDER BY u.ord
  LOOP
    span := l.rate_interval_ms * interval '1 millisecond';

    -- 1. Sent by a process that did not report in time: sent again in the same place of the window. A repeat is
    --    harmless.
    FOR g IN SELECT o.id, o.execution_ids FROM lane_grants o
              WHERE o.lane_id = l.id AND o.answered_at IS NULL AND o.lease_until <= t
                AND coalesce(current_setting('app.probe', true), '') = '' ORDER BY o.id -- probe_turns.sql
    LOOP
      SELECT array_agg(e.id) INTO ids FROM executions e WHERE e.id = ANY (g.execution_ids) AND e.grant_id = g.id;
      IF ids IS NULL THEN
        UPDATE lane_grants o SET answered_at = t WHERE o.id = g.id;
        CONTINUE;
      END IF;
      EXIT WHEN cardinality(ids) > room;
      room := room - cardinality(ids);
      UPDATE lane_grants o SET lease_until = lease, owner = p_owner, fence = o.fence + 1 WHERE o.id = g.id;
      UPDATE executions e SET attempts = least(e.attempts + 1, 32000) WHERE e.id = ANY (ids);
      RETURN QUERY SELECT l.id, g.id, o.fence, e.id, e.callback_id, e.end_requested,
                          (extract(epoch FROM t - e.received_at) * 1000)::bigint,
                          (extract(epoch FROM t - e.planned_at) * 1000)::bigint,
                          e.pack_id, e.attempts::int, l.queue, e.place, NULL::timestamptz, t
                     FROM executions e, lane_grants o WHERE e.id = ANY (ids) AND o.id = g.id ORDER BY e.seq;
    END LOOP;

    -- 2. Executions that must end out of turn take no place in the window.
    IF room > 0 AND EXISTS (SELECT 1 FROM executions e
                             WHERE e.lane_id = l.id AND e.end_requested IS NOT NULL AND e.grant_id IS NULL) THEN
      SELECT array_agg(x.id) INTO ids FROM (
        SELECT e.id FROM executions e WHERE e.lane_id = l.id AND e.end_requested IS NOT NULL AND e.grant_id IS NULL
         LIMIT room FOR UPDATE) x;
      INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until, owner)
      VALUES (l.workspace_id, l.portal_id, l.id, 0, ids, t, lease, p_owner) RETURNING id INTO admission;
      room := room - cardinality(ids);
      RETURN QUERY UPDATE executions e SET grant_id = admission, attempts = least(e.attempts + 1, 32000) WHERE e.id = ANY (ids)
        RETURNING l.id, admission, 0, e.id, e.callback_id, e.end_requested,
                  (extract(epoch FROM t - e.received_at) * 1000)::bigint,
                  (extract(epoch FROM t - e.planned_at) * 1000)::bigint,
                  e.pack_id, e.attempts::int, l.queue, e.place, NULL::timestamptz, t;
    END IF;

    -- 3. The window.
    wake := NULL;
    IF l.paused_at IS NULL AND portal_state = 'active' THEN
      PERFORM count_answered(l.id);
      SELECT u.used, u.first_answered_at + span INTO used, opens FROM window_use(l.id, t - span) u;
      takes := least(room, l.rate_limit - used);
      IF l.spread AND takes > 0 THEN
        -- Evenly, as finely as calls are made (a quarter of a second): a moment that was missed longer ago is not made
        -- up for by a burst.
        gap := span / l.rate_limit;
        takes := least(takes, CASE WHEN l.last_granted_at IS NULL THEN 1 ELSE
          floor(least(extract(epoch FROM t - l.last_granted_at), greatest(0.25, extract(epoch FROM gap)))
                / extract(epoch FROM gap)) END);
        opens := greatest(t, l.last_granted_at + gap);
      END IF;
      ids := NULL;
      IF takes > 0 THEN
        SELECT array_agg(x.id ORDER BY x.seq) INTO ids FROM (
          SELECT e.id, e.seq, e.received_at FROM executions e
           WHERE e.lane_id = l.id AND e.seq < 4611686018427387904 AND e.grant_id IS NULL AND e.end_requested IS NULL
           ORDER BY e.seq LIMIT takes FOR UPDATE) x
         WHERE x.received_at + hold <= t;
        IF ids IS NOT NULL THEN
          INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids,
                                   granted_at, lease_until, owner)
          VALUES (l.workspace_id, l.portal_id, l.id, cardinality(ids), ids, t, lease, p_owner)
          RETURNING id INTO admission;
          room := room - cardinality(ids);
          used := used + cardinality(ids);
          IF l.spread THEN
            UPDATE lane_windows w SET last_granted_at = t WHERE w.lane_id = l.id;
            opens := t + gap;
          END IF;
          RETURN QUERY UPDATE executions e SET grant_id = admission, attempts = least(e.attempts + 1, 32000) WHERE e.id = ANY (ids)
            RETURNING l.id, admission, 0, e.id, e.callback_id, e.end_requested,
                  (extract(epoch FROM t - e.received_at) * 1000)::bigint,
                  (extract(epoch FROM t - e.planned_at) * 1000)::bigint,
                  e.pack_id, e.attempts::int, l.queue, e.place, NULL::timestamptz, t;
        END IF;
      END IF;
      SELECT e.received_at + hold INTO head FROM executions e
       WHERE e.lane_id = l.id AND e.seq < 4611686018427387904 AND e.grant_id IS NULL AND e.end_requested IS NULL
       ORDER BY e.seq LIMIT 1;
      IF FOUND THEN
        -- Full and nothing answered yet: the answer will say; look again soon in case another process gets it.
        wake := CASE WHEN used >= l.rate_limit THEN greatest(head, coalesce(opens, t + interval '250 milliseconds'))
                     WHEN l.spread THEN greatest(head, opens)
                     ELSE head END;
      END IF;
      wake := least(wake, (SELECT e.starts_at FROM executions e
                            WHERE e.lane_id = l.id AND e.starts_at IS NOT NULL AND e.end_requested IS NULL
                            ORDER BY e.starts_at LIMIT 1));
    END IF;
    SELECT least(wake, min(o.lease_until)) INTO wake FROM lane_grants o
     WHERE o.lane_id = l.id AND o.answered_at IS NULL;
    IF EXISTS (SELECT 1 FROM executions e
                WHERE e.lane_id = l.id AND e.end_requested IS NOT NULL AND e.grant_id IS NULL) THEN wake := t; END IF;
    RETURN QUERY SELECT l.id, NULL::bigint, NULL::int, NULL::bigint, NULL::text, NULL::text, NULL::bigint,
                        NULL::bigint, NULL::bigint, NULL::int, NULL::text, NULL::int, wake, t;
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION admit_turns TO sluice_app;
