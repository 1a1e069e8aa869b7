-- Packs to start (again): never started `p_after_ms` after they were made, or overdue by `p_overdue_ms` with executions
-- left, the lane running and the portal active, which means that their workflow is gone or does not wake. Starting one
-- that runs is a no-op. Across tenants by design, for the reconciler; it returns ids and times.
CREATE OR REPLACE FUNCTION packs_to_start(p_after_ms float8, p_overdue_ms float8, p_most int) RETURNS TABLE (
  workspace_id uuid, pack_id bigint, lane_id bigint, workflow_id text, portal_id bigint, head_callback_id text,
  size int, due_in_ms float8
) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.workspace_id, p.id, p.lane_id, p.workflow_id, p.portal_id, p.head_callback_id, p.size::int,
         (extract(epoch FROM p.due_at - clock_timestamp()) * 1000)::float8
    FROM packs p JOIN lanes l ON l.id = p.lane_id
   WHERE p.done_at IS NULL
     AND ((p.started_at IS NULL AND p.created_at < clock_timestamp() - p_after_ms * interval '1 millisecond')
       OR (p.started_at IS NOT NULL AND l.paused_at IS NULL
           AND greatest(p.due_at, coalesce(p.wake_at, p.due_at))
               < clock_timestamp() - p_overdue_ms * interval '1 millisecond'
           AND EXISTS (SELECT FROM portals o WHERE o.portal_id = p.portal_id AND o.state = 'active')))
     AND EXISTS (SELECT FROM executions e WHERE e.pack_id = p.id)
   ORDER BY p.due_at LIMIT p_most
$$;
ALTER FUNCTION packs_to_start(float8, float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION packs_to_start TO sluice_maintenance;
