-- Group commit of calls of actions of one's own: one statement keeps every new call, and answers repeats with what became of them. Calls of a
-- portal that is being disconnected are refused. Lock order: action_runs by call_hash.
CREATE OR REPLACE FUNCTION intake_action_runs(
  p_workspaces text, p_workspace uuid[], p_portal bigint[], p_callback text[], p_call bytea[], p_body bytea[], p_action text[], p_version int[],
  p_source text[], p_object text[], p_input text[], p_code text[], p_reason text[], p_give_up_ms float8[],
  p_block_min_ms float8, p_block_max_ms float8, p_guard_ms float8
) RETURNS TABLE (
  ord int, id bigint, workspace_id uuid, state text, error_code text, reason text, sealed_result text, expires_in_ms float8,
  fresh boolean, same_body boolean
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  t := clock_timestamp();

  INSERT INTO action_runs (workspace_id, call_hash, body_hash, portal_id, callback_id, action, version, source, object_id, state, error_code,
                           reason, sealed_input, received_at, give_up_at, expires_at, due_at, ended_at)
  SELECT DISTINCT ON (c.call_hash)
         c.workspace_id, c.call_hash, c.body_hash, c.portal_id, c.callback_id, c.action, c.version, c.source, c.object_id,
         CASE WHEN s.shut IS NOT NULL THEN 'refused' WHEN c.code IS NOT NULL THEN 'rejected' ELSE 'waiting' END,
         CASE WHEN s.shut IS NOT NULL THEN 'refused' ELSE c.code END, coalesce(s.shut, c.reason), c.sealed_input, t,
         -- The record is ended before HubSpot gives it up.
         t + least(c.give_up_ms, c.block_ms - p_guard_ms) * interval '1 millisecond', t + c.block_ms * interval '1 millisecond',
         t + interval '5 seconds', CASE WHEN s.shut IS NOT NULL OR c.code IS NOT NULL THEN t END
    FROM (SELECT u.*, least(p_block_max_ms, greatest(p_block_min_ms, u.give_up_ms * 1.25 + p_guard_ms)) AS block_ms
            FROM unnest(p_workspace, p_portal, p_callback, p_call, p_body, p_action, p_version, p_source, p_object, p_input, p_code, p_reason,
                        p_give_up_ms) WITH ORDINALITY AS u (workspace_id, portal_id, callback_id, call_hash, body_hash, action, version, source,
                        object_id, sealed_input, code, reason, give_up_ms, ord)) c
    JOIN LATERAL (SELECT CASE WHEN o.state IN ('disconnecting', 'disconnected')
                              THEN 'The portal is ' || o.state || coalesce(': ' || o.state_reason, '') END AS shut
                    FROM portals o WHERE o.portal_id = c.portal_id AND o.workspace_id = c.workspace_id) s ON true
   ORDER BY c.call_hash, c.ord
  ON CONFLICT (call_hash) DO NOTHING;

  -- A statement of its own, so that it sees what was committed while this one waited for locks.
  RETURN QUERY
  SELECT c.ord::int, r.id, r.workspace_id, r.state, r.error_code, r.reason, r.sealed_result,
         (extract(epoch FROM r.expires_at - t) * 1000)::float8, r.received_at = t AND c.nth = 1, r.body_hash = c.body_hash
    FROM (SELECT u.*, row_number() OVER (PARTITION BY u.call_hash ORDER BY u.ord) AS nth
            FROM unnest(p_call, p_body) WITH ORDINALITY AS u (call_hash, body_hash, ord)) c
    JOIN action_runs r USING (call_hash);
END $$;
GRANT EXECUTE ON FUNCTION intake_action_runs TO sluice_app;
