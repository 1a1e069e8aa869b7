-- Stores the answers of what was sent: ended executions move to the history, closed admissions start to leave the
-- window (`p_age_ms`: how long ago the answer came), the others wait `p_again_ms` to be sent again under the same
-- admission. Reports of a former holder of an admission (an older fence) are ignored.
CREATE OR REPLACE FUNCTION settle_releases(
  p_workspaces text, p_grant bigint[], p_fence int[], p_execution bigint[], p_state text[], p_reason text[],
  p_closed bigint[], p_closed_fence int[], p_age_ms double precision[],
  p_again bigint[], p_again_fence int[], p_again_ms double precision[]
) RETURNS SETOF bigint LANGUAGE plpgsql
-- A plan made while the tables were empty would scan them whole when they have grown, until the next ANALYZE: every
-- access is by key.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  t timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  RETURN QUERY
  WITH answer AS (
    SELECT u.* FROM unnest(p_grant, p_fence, p_execution, p_state, p_reason)
                      AS u (grant_id, fence, execution_id, state, reason)
      JOIN lane_grants g ON g.id = u.grant_id AND g.fence = u.fence
  ), ended AS (
    DELETE FROM executions e USING answer a WHERE e.id = a.execution_id AND e.grant_id = a.grant_id
    RETURNING e.*, a.state, coalesce(a.reason, e.end_reason) AS reason
  )
  INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, lane_id, pack_id, state, reason,
                                 received_at, planned_at, expires_at, finished_at, attempts, source, object_id)
  SELECT id, workspace_id, portal_id, callback_id, lane_id, pack_id, state, reason,
         received_at, planned_at, expires_at, t, attempts, source, object_id FROM ended
  RETURNING execution_history.id;

  UPDATE lane_grants g SET answered_at = t - c.age_ms * interval '1 millisecond'
    FROM unnest(p_closed, p_closed_fence, p_age_ms) AS c (id, fence, age_ms)
   WHERE g.id = c.id AND g.fence = c.fence AND g.answered_at IS NULL;

  UPDATE lane_grants g SET lease_until = t + a.again_ms * interval '1 millisecond'
    FROM unnest(p_again, p_again_fence, p_again_ms) AS a (id, fence, again_ms)
   WHERE g.id = a.id AND g.fence = a.fence AND g.answered_at IS NULL;
END $$;
GRANT EXECUTE ON FUNCTION settle_releases TO sluice_app;
