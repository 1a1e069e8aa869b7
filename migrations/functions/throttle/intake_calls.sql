-- Group commit of action calls: one statement gives every new call its lane's next number and its planned release, and
-- answers repeats with what became of them. Nothing outside the named lanes is touched or locked.
--
-- Lock order: lanes by id, then execution_keys by (portal_id, callback_id). Two transactions that lock in another order
-- deadlock.
-- The plan of the k-th is max(now + hold, planned(k - N) + interval): the (k - N)-th is a row that still waits or,
-- where the lane's backlog is shorter than N, a release that still occupies the window (lane_grants). Calls for a
-- portal that is being disconnected, or whose throttle is off, are refused. The portal is read after the lanes are
-- locked: the end of its executions (src/db/throttle/portalLanes.ts) takes the same lock, so that no call slips in after
-- it.
-- `p_asked`: what the fields of the step ask of the call, null where nothing. `maxWaiting` and `whenFull`: where so many
-- of the lane wait already, the call ends at once, as `skipped` or refused. Those that wait are counted up to the
-- greatest bound, and where the lane's numbers say that one may be reached. Of the calls that are committed together,
-- each that may be taken counts for those behind it: never more than the bound wait.
-- `priority` (1 to 9, 5 where nothing is asked) is part of the number: 1125899906842624 (2^50) lower for each level
-- above 5, so that the order of numbers is that of turns. `startsAt`, or `startsLocal` in the portal's zone: until then the call has a
-- number from 4611686018427387904 (2^62) on, which no release looks at; start_executions.sql gives it the lane's next one.
-- Where a lane has numbers of several levels, the plan is by how many are before the call, counted up to 10,000.
-- `place`: how many are in the lane with it, by its numbers: those that ended out of turn behind its head count as well.
-- Where the lane has several levels, how many wait before it, and itself.
CREATE OR REPLACE FUNCTION intake_calls(
  p_workspaces text, p_portal bigint[], p_callback text[], p_lane bigint[], p_hash bytea[], p_source text[],
  p_object text[], p_asked jsonb[], p_hold_ms bigint, p_block_min_ms bigint, p_block_max_ms bigint, p_guard_ms bigint
) RETURNS TABLE (
  ord int, execution_id bigint, state text, reason text, received_at timestamptz, planned_at timestamptz,
  expires_at timestamptz, now_at timestamptz, fresh boolean, same_body boolean, place int
) LANGUAGE plpgsql
-- A plan made while the tables were empty would scan them whole when they have grown, until the next ANALYZE: every
-- access is by key.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  hold interval := p_hold_ms * interval '1 millisecond';
  answered bigint;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  PERFORM 1 FROM lanes WHERE id = ANY (p_lane) ORDER BY id FOR NO KEY UPDATE;
  t := clock_timestamp();

  RETURN QUERY
  WITH call AS (
    SELECT u.ord::int AS ord, u.portal_id, u.callback_id, u.lane_id, u.body_hash, u.source, u.object_id,
           (u.asked->>'maxWaiting')::bigint AS max_waiting, u.asked->>'whenFull' AS when_full,
           coalesce((u.asked->>'priority')::int, 5) AS priority,
           CASE WHEN u.asked ? 'startsAt' AND (u.asked->>'startsAt')::timestamptz > t THEN (u.asked->>'startsAt')::timestamptz
                WHEN u.asked ? 'startsLocal' THEN nullif(greatest(t, in_portal_zone(u.portal_id, (u.asked->>'startsLocal')::timestamp)), t)
           END AS starts_at
      FROM unnest(p_portal, p_callback, p_lane, p_hash, p_source, p_object, p_asked)
           WITH ORDINALITY AS u (portal_id, callback_id, lane_id, body_hash, source, object_id, asked, ord)
  ), key AS (
    INSERT INTO execution_keys (portal_id, callback_id, workspace_id, execution_id, body_hash, received_at)
    SELECT DISTINCT ON (c.portal_id, c.callback_id)
           c.portal_id, c.callback_id, l.workspace_id, nextval('executions_id_seq'), c.body_hash, t
      FROM call c JOIN lanes l ON l.id = c.lane_id
     ORDER BY c.portal_id, c.callback_id, c.ord
    ON CONFLICT DO NOTHING
    RETURNING portal_id, callback_id, execution_id
  ), lane AS (
    SELECT l.id, l.workspace_id, l.next_seq, l.rate_limit::bigint AS n,
           l.rate_interval_ms * interval '1 millisecond' AS span,
           l.spread, l.beyond_block, w.last_granted_at,
           (SELECT CASE WHEN o.state IN ('disconnecting', 'disconnected')
                             THEN 'The portal is ' || o.state || coalesce(': ' || o.state_reason, '')
                        WHEN NOT o.throttle_enabled THEN 'The throttle is switched off for this portal' END
              FROM portals o WHERE o.portal_id = l.portal_id) AS shut,
           coalesce((SELECT e.seq FROM executions e WHERE e.lane_id = l.id AND e.seq < 4611686018427387904 ORDER BY e.seq LIMIT 1),
                    l.next_seq) AS head_seq,
           last.seq AS last_seq, last.planned_at AS last_planned_at
      FROM lanes l LEFT JOIN lane_windows w ON w.lane_id = l.id
      LEFT JOIN LATERAL (SELECT e.seq, e.planned_at FROM executions e WHERE e.lane_id = l.id AND e.seq < 4611686018427387904
                          ORDER BY e.seq DESC LIMIT 1) last ON true
     WHERE l.id = ANY (p_lane)
  ), numbered AS (
    SELECT DISTINCT ON (k.execution_id) k.execution_id, c.*
      FROM key k JOIN call c USING (portal_id, callback_id)
     ORDER BY k.execution_id, c.ord
  ), bound AS (
    SELECT d.lane_id, min(d.max_waiting) AS least, max(d.max_waiting) AS most FROM numbered d
     WHERE d.max_waiting IS NOT NULL GROUP BY d.lane_id
  ), waiting AS MATERIALIZED (
    SELECT b.lane_id, (SELECT count(*) FROM (
             SELECT FROM executions e
              WHERE e.lane_id = b.lane_id AND e.seq < 4611686018427387904 AND e.grant_id IS NULL AND e.end_requested IS NULL
              LIMIT b.most) x) AS count
      FROM bound b JOIN lane l ON l.id = b.lane_id
     WHERE l.next_seq - l.head_seq + cardinality(p_portal) > b.least OR l.head_seq > 562949953421312
  ), judged AS (
    SELECT d.*, d.starts_at IS NULL AND coalesce(d.max_waiting <= w.count
                  + count(*) FILTER (WHERE d.starts_at IS NULL AND (d.max_waiting IS NULL OR d.max_waiting > w.count))
                      OVER (PARTITION BY d.lane_id ORDER BY d.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                  false) AS is_full
      FROM numbered d LEFT JOIN waiting w USING (lane_id)
  ), placed AS (
    SELECT d.*, l.workspace_id, l.next_seq, l.head_seq, l.n, l.span, l.spread, l.beyond_block, l.shut,
           coalesce(l.last_planned_at, l.last_granted_at) AS predecessor_at,
           row_number() OVER (PARTITION BY d.lane_id, d.is_full, d.starts_at IS NOT NULL
                              ORDER BY d.priority DESC, d.ord) - 1 AS j,
           l.head_seq < -562949953421312 OR coalesce(l.last_seq > 562949953421312, false)
             OR bool_or(d.priority <> 5) OVER (PARTITION BY d.lane_id) AS mixed,
           (5 - d.priority) * 1125899906842624 AS level,
           -- how many of the N before the first new one have been released already
           greatest(0, least(l.n, l.head_seq - (l.next_seq - l.n))) AS released
      FROM judged d JOIN lane l ON l.id = d.lane_id
  ), ahead AS MATERIALIZED (
    SELECT m.lane_id, m.level, (SELECT count(*) FROM (
             SELECT FROM executions e WHERE e.lane_id = m.lane_id AND e.seq < m.next_seq + m.level
                AND e.grant_id IS NULL AND e.end_requested IS NULL LIMIT 10000) x) AS count
      FROM (SELECT DISTINCT lane_id, level, next_seq FROM placed WHERE mixed AND starts_at IS NULL) m
  ), used AS MATERIALIZED (
    SELECT l.id AS lane_id, t - l.span AS since, w.* FROM lane l CROSS JOIN LATERAL window_use(l.id, t - l.span) w
     WHERE l.head_seq > l.next_seq - l.n
  ), paced AS MATERIALIZED (
    SELECT p.*, a.count AS ahead,
           CASE WHEN p.starts_at IS NOT NULL THEN p.starts_at WHEN p.mixed THEN greatest(t + hold, coalesce(
             CASE WHEN a.count < 10000 THEN release_estimate(p.lane_id, a.count + p.j) END,
             (SELECT e.planned_at FROM executions e WHERE e.lane_id = p.lane_id AND e.seq < p.next_seq + p.level
               ORDER BY e.seq DESC LIMIT 1) + (p.j + 1) * (p.span / p.n),
             t + (a.count + p.j) * (p.span / p.n)))
           ELSE greatest(t + hold, p.span + CASE
             WHEN p.j % p.n >= p.released THEN
               (SELECT e.planned_at FROM executions e
                 WHERE e.lane_id = p.lane_id AND e.seq >= p.next_seq - p.n + p.j % p.n ORDER BY e.seq LIMIT 1)
             -- which of the window's releases is the (k - N)-th, counted from the latest; null: it has left the window
             WHEN p.released - p.j % p.n <= u.used THEN
               coalesce(window_place(p.lane_id, u.since, u.numbered, u.before, u.used - (p.released - p.j % p.n)), t)
           END) + (p.j / p.n) * p.span END AS at
      FROM placed p LEFT JOIN used u USING (lane_id) LEFT JOIN ahead a ON a.lane_id = p.lane_id AND a.level = p.level
  ), planned AS (
    SELECT p.*, CASE WHEN NOT p.spread OR p.mixed OR p.starts_at IS NOT NULL THEN p.at ELSE
             greatest(
               t + (max(extract(epoch FROM p.at - t) - p.j * extract(epoch FROM p.span) / p.n)
                      OVER (PARTITION BY p.lane_id, p.starts_at IS NULL ORDER BY p.j)
                    + p.j * extract(epoch FROM p.span) / p.n) * interval '1 second',
               p.predecessor_at + (p.j + 1) * (p.span / p.n))
           END AS planned_at
      FROM paced p
  ), timed AS (
    SELECT p.*,
           CASE WHEN p.shut IS NOT NULL THEN p.shut
                WHEN p.is_full THEN p.max_waiting || ' wait already: the most that the step lets wait'
                WHEN p.beyond_block = 'refuse'
                 AND p.planned_at > t + (p_block_max_ms - p_guard_ms) * interval '1 millisecond'
                  THEN CASE WHEN p.starts_at IS NULL THEN 'The planned wait' ELSE 'The wait for its start' END
                       || ' is longer than HubSpot can hold an execution' END AS refused,
           CASE WHEN p.shut IS NULL AND p.is_full AND p.when_full = 'skip' THEN 'skipped' ELSE 'refused' END AS ended,
           CASE WHEN p.starts_at IS NOT NULL THEN NULL
                WHEN p.mixed THEN CASE WHEN p.ahead < 10000 THEN p.ahead + p.j + 1 END
                ELSE p.next_seq - p.head_seq + p.j + 1 END AS place,
           -- a quarter more than the plan, in whole hours once it exceeds the least that is always asked for
           t + least(p_block_max_ms, greatest(p_block_min_ms,
             (ceil((extract(epoch FROM p.planned_at - t) * 1250 + p_guard_ms) / 3600000) * 3600000)::bigint
             * (extract(epoch FROM p.planned_at - t) * 1250 + p_guard_ms > p_block_min_ms)::int))
             * interval '1 millisecond' AS expires_at
      FROM planned p
  ), kept AS (
    INSERT INTO executions (id, workspace_id, portal_id, callback_id, lane_id, seq,
                            received_at, planned_at, expires_at, source, object_id, place, priority, starts_at)
    SELECT execution_id, workspace_id, portal_id, callback_id, lane_id,
           CASE WHEN starts_at IS NULL THEN next_seq + level + j ELSE 4611686018427387904 + execution_id END,
           t, planned_at, expires_at, source, object_id, place, nullif(priority, 5), starts_at
      FROM timed WHERE refused IS NULL
  ), refused AS (
    INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, lane_id, state, reason,
                                   received_at, planned_at, finished_at, source, object_id)
    SELECT execution_id, workspace_id, portal_id, callback_id, lane_id, ended, refused,
           t, CASE WHEN shut IS NULL AND NOT is_full THEN planned_at END, t, source, object_id
      FROM timed WHERE refused IS NOT NULL
  ), counted AS (
    UPDATE lanes l SET next_seq = l.next_seq + m.count
      FROM (SELECT lane_id, max(j) + 1 AS count FROM timed WHERE refused IS NULL AND starts_at IS NULL GROUP BY lane_id) m
     WHERE l.id = m.lane_id
  )
  SELECT f.ord, f.execution_id, CASE WHEN f.refused IS NULL THEN 'waiting' ELSE f.ended END, f.refused, t,
         CASE WHEN f.shut IS NULL AND NOT f.is_full THEN f.planned_at END,
         CASE WHEN f.shut IS NULL AND NOT f.is_full THEN f.expires_at END, t, true, true,
         CASE WHEN f.refused IS NULL THEN f.place::int END
    FROM timed f;

  GET DIAGNOSTICS answered = ROW_COUNT;
  IF answered = cardinality(p_portal) THEN RETURN; END IF;

  -- The repeats. A statement of its own, so that it sees what was committed while this one waited for locks.
  RETURN QUERY
  SELECT c.ord::int, k.execution_id, coalesce(h.state, 'waiting'), h.reason, k.received_at,
         coalesce(e.planned_at, h.planned_at), coalesce(e.expires_at, h.expires_at), t, false, k.body_hash = c.body_hash,
         e.place
    FROM (SELECT u.*, row_number() OVER (PARTITION BY u.portal_id, u.callback_id ORDER BY u.ord) AS nth
            FROM unnest(p_portal, p_callback, p_hash) WITH ORDINALITY AS u (portal_id, callback_id, body_hash, ord)) c
    JOIN execution_keys k USING (portal_id, callback_id)
    LEFT JOIN executions e ON e.id = k.execution_id
    LEFT JOIN LATERAL (SELECT * FROM execution_history x
                        WHERE x.id = k.execution_id ORDER BY x.finished_at DESC LIMIT 1) h ON e.id IS NULL
   WHERE k.received_at <> t OR c.nth > 1;
END $$;
GRANT EXECUTE ON FUNCTION intake_calls TO sluice_app;
