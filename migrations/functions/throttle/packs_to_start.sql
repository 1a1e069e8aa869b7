-- Packs to start (again): never started `p_after_ms` after they were made, or overdue by `p_overdue_ms` with executions
-- left, the lane running and the portal active, which means that their workflow is gone or does not wake. Starting one
-- that runs is a no-op. A pack without a wake time waits for a nudge, which gives it one (packs_asleep.sql). Across
-- tenants by design, for the reconciler; it returns ids and times.
CREATE OR REPLACE FUNCTION packs_to_start(p_after_ms float8, p_overdue_ms float8, p_most int) RETURNS TABLE (
  workspace_id uuid, pack_id bigint, lane_id bigint, workflow_id text, portal_id bigint, head_callback_id text,
  size int, due_in_ms float8
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  t CONSTANT timestamptz := clock_timestamp();
  made_before CONSTANT timestamptz := t - p_after_ms * interval '1 millisecond';
  due_before CONSTANT timestamptz := t - p_overdue_ms * interval '1 millisecond';
BEGIN
  RETURN QUERY
  SELECT p.workspace_id, p.id, p.lane_id, p.workflow_id, p.portal_id, p.head_callback_id, p.size::int,
         (extract(epoch FROM p.due_at - t) * 1000)::float8
    FROM (
      (SELECT k.* FROM packs k
        WHERE k.done_at IS NULL AND k.started_at IS NULL AND k.created_at < made_before
          AND EXISTS (SELECT FROM executions e WHERE e.pack_id = k.id)
        ORDER BY k.created_at LIMIT p_most)
      UNION ALL
      (SELECT k.* FROM packs k
        WHERE k.done_at IS NULL AND k.started_at IS NOT NULL AND k.wake_at < due_before AND k.due_at < due_before
          AND EXISTS (SELECT FROM lanes l WHERE l.id = k.lane_id AND l.paused_at IS NULL)
          AND EXISTS (SELECT FROM portals o WHERE o.portal_id = k.portal_id AND o.state = 'active')
          AND EXISTS (SELECT FROM executions e WHERE e.pack_id = k.id)
        ORDER BY k.wake_at LIMIT p_most)) p
   ORDER BY p.due_at LIMIT p_most;
END $$;
ALTER FUNCTION packs_to_start(float8, float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION packs_to_start TO sluice_maintenance;
