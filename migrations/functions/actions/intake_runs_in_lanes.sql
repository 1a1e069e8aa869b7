-- intake_action_runs.sql for calls of which some wait for their turn: those with a `p_key` get the lane of that key in their portal, which is made,
-- or gets the rate of the definition where it has changed and nobody has set another one. They are due when HubSpot is to be told that they were
-- given up; before that admit_runs.sql lets them go. `p_give_up_ms` of them is as long as HubSpot holds a record: `p_tried_ms` counts from their turn.
-- Lock order: action_runs by call_hash, then lanes by portal and key.
CREATE OR REPLACE FUNCTION intake_runs_in_lanes(
  p_workspaces text, p_workspace uuid[], p_portal bigint[], p_callback text[], p_call bytea[], p_body bytea[], p_action text[], p_version int[],
  p_source text[], p_object text[], p_input text[], p_code text[], p_reason text[], p_give_up_ms float8[],
  p_block_min_ms float8, p_block_max_ms float8, p_guard_ms float8,
  p_key text[], p_queue text[], p_queue_note text[], p_limit int[], p_interval_ms bigint[], p_tried_ms bigint[]
) RETURNS TABLE (
  ord int, id bigint, workspace_id uuid, state text, error_code text, reason text, sealed_result text, expires_in_ms float8,
  fresh boolean, same_body boolean
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT * FROM intake_action_runs(p_workspaces, p_workspace, p_portal, p_callback, p_call, p_body, p_action, p_version, p_source, p_object,
                                   p_input, p_code, p_reason, p_give_up_ms, p_block_min_ms, p_block_max_ms, p_guard_ms);

  WITH fresh AS (
    SELECT DISTINCT ON (r.id) r.workspace_id, r.id, r.portal_id, r.give_up_at, u.*
      FROM unnest(p_call, p_key, p_queue, p_queue_note, p_limit, p_interval_ms, p_tried_ms)
             WITH ORDINALITY AS u (call_hash, key, queue, queue_note, rate_limit, interval_ms, tried_ms, ord)
      JOIN action_runs r USING (call_hash)
     -- Of this very transaction: a repeat changes nothing.
     WHERE u.key IS NOT NULL AND r.state = 'waiting' AND r.xmin = pg_current_xact_id()::xid
     ORDER BY r.id, u.ord
  ), lane AS (
    INSERT INTO lanes AS l (workspace_id, portal_id, key, queue, queue_note, input_limit, input_interval_ms,
                            rate_limit, rate_interval_ms, rate_source, next_seq)
    SELECT f.workspace_id, f.portal_id, f.key, (array_agg(f.queue ORDER BY f.ord))[1], (array_agg(f.queue_note ORDER BY f.ord))[1],
           (array_agg(f.rate_limit ORDER BY f.ord))[1], (array_agg(f.interval_ms ORDER BY f.ord))[1],
           (array_agg(f.rate_limit ORDER BY f.ord))[1], (array_agg(f.interval_ms ORDER BY f.ord))[1], 'input', count(*)
      FROM fresh f GROUP BY f.workspace_id, f.portal_id, f.key ORDER BY f.portal_id, f.key
    ON CONFLICT (portal_id, key) DO UPDATE
       SET next_seq = l.next_seq + excluded.next_seq, input_limit = excluded.input_limit, input_interval_ms = excluded.input_interval_ms,
           rate_limit = coalesce(l.override_limit, excluded.rate_limit),
           rate_interval_ms = coalesce(l.override_interval_ms, excluded.rate_interval_ms),
           updated_at = CASE WHEN (l.input_limit, l.input_interval_ms) IS DISTINCT FROM (excluded.input_limit, excluded.input_interval_ms)
                             THEN clock_timestamp() ELSE l.updated_at END
    RETURNING l.id, l.workspace_id, l.portal_id, l.key
  ), shown AS (
    INSERT INTO lane_windows (lane_id, workspace_id) SELECT w.id, w.workspace_id FROM lane w ORDER BY w.id ON CONFLICT DO NOTHING
  )
  UPDATE action_runs r SET lane_id = w.id, tried_for_ms = f.tried_ms, due_at = f.give_up_at
    FROM fresh f JOIN lane w USING (portal_id, key) WHERE r.workspace_id = f.workspace_id AND r.id = f.id;
END $$;
GRANT EXECUTE ON FUNCTION intake_runs_in_lanes TO sluice_app;
