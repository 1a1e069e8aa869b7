-- The window law (docs/laws.md, law 3) for runs of actions: admits what the window of a lane has room for, the oldest first, at most `p_most`. An
-- admission is a row of lane_grants, one for each run, and occupies the window from here until one interval after the handler began
-- (runs_begun.sql): handlers begin in no window more often than the lane allows. A run that was admitted is due 5 seconds later: where nobody
-- started it, action_runs_overdue finds it.
-- A row without a run says in how long the lane wants to be asked again (null: it is paused, or its portal is not active).
-- Lock order: the lane's window, then action_runs by id.
CREATE OR REPLACE FUNCTION admit_runs(p_workspaces text, p_lane bigint, p_most int, p_owner text)
RETURNS TABLE (run_id bigint, callback_id text, next_ms float8) LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  l record;
  span interval;
  used bigint;
  opens timestamptz;
  admitted bigint := 0;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  PERFORM 1 FROM lane_windows WHERE lane_id = p_lane FOR NO KEY UPDATE;
  t := clock_timestamp();
  SELECT x.workspace_id, x.portal_id, x.rate_limit, x.rate_interval_ms, x.paused_at IS NULL AND o.state = 'active' AS is_open INTO l
    FROM lanes x JOIN portals o ON o.portal_id = x.portal_id WHERE x.id = p_lane;
  IF NOT FOUND OR NOT l.is_open THEN
    RETURN QUERY SELECT NULL::bigint, NULL::text, NULL::float8;
    RETURN;
  END IF;
  span := l.rate_interval_ms * interval '1 millisecond';

  -- Taken by a process that has not said in time that it began, or ended before that: it has begun by now. One that no process took keeps its place.
  UPDATE lane_grants g SET answered_at = t
   WHERE g.lane_id = p_lane AND g.answered_at IS NULL AND g.lease_until <= t
     AND NOT EXISTS (SELECT FROM action_runs r WHERE r.workspace_id = l.workspace_id AND r.id = g.execution_ids[1]
                        AND r.turn = g.id AND r.state = 'waiting' AND r.attempts = 0);
  PERFORM count_answered(p_lane);
  SELECT u.used, u.first_answered_at + span INTO used, opens FROM window_use(p_lane, t - span) u;

  IF used < l.rate_limit THEN
    RETURN QUERY
    WITH next AS (
      SELECT r.id FROM action_runs r
       WHERE r.lane_id = p_lane AND r.lane_id IS NOT NULL AND r.state = 'waiting' AND r.turn IS NULL AND r.give_up_at > t
       ORDER BY r.id LIMIT least(p_most, l.rate_limit - used) FOR UPDATE
    ), admission AS (
      INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until, owner)
      SELECT l.workspace_id, l.portal_id, p_lane, 1, ARRAY[n.id], t, t + interval '60 seconds', p_owner FROM next n ORDER BY n.id
      RETURNING id, execution_ids[1] AS run
    )
    UPDATE action_runs r SET turn = a.id, due_at = t + interval '5 seconds',
           give_up_at = least(r.give_up_at, t + r.tried_for_ms * interval '1 millisecond')
      FROM admission a WHERE r.workspace_id = l.workspace_id AND r.id = a.run
    RETURNING r.id, r.callback_id, NULL::float8;
    GET DIAGNOSTICS admitted = ROW_COUNT;
  END IF;

  -- Full and nothing begun yet: whoever begins says so; it is looked at again soon.
  RETURN QUERY SELECT NULL::bigint, NULL::text,
    CASE WHEN used + admitted < l.rate_limit THEN 0::float8
         ELSE greatest(0, extract(epoch FROM coalesce(opens, t + interval '250 milliseconds') - t) * 1000)::float8 END;
END $$;
GRANT EXECUTE ON FUNCTION admit_runs TO sluice_app;
