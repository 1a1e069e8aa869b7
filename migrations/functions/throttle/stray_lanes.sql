-- Lanes whose executions have waited longer than `p_after_ms` for a workflow: the process that committed them is gone.
-- Across tenants by design, for the relay; it tells ids.
CREATE OR REPLACE FUNCTION stray_lanes(p_after_ms float8, p_most int) RETURNS TABLE (workspace_id uuid, lane_id bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT e.workspace_id, e.lane_id FROM executions e
   WHERE e.pack_id IS NULL AND e.received_at < clock_timestamp() - p_after_ms * interval '1 millisecond' LIMIT p_most
$$;
ALTER FUNCTION stray_lanes(float8, int) OWNER TO sluice_system;
