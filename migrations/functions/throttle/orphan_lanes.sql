-- Lanes with orphans: executions that have waited longer than `p_after_ms` for a workflow, since the process that
-- committed them is gone. Across tenants by design, for the reconciler; it returns ids.
CREATE OR REPLACE FUNCTION orphan_lanes(p_after_ms float8, p_max int) RETURNS TABLE (workspace_id uuid, lane_id bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT e.workspace_id, e.lane_id FROM executions e
   WHERE e.pack_id IS NULL AND e.received_at < clock_timestamp() - p_after_ms * interval '1 millisecond' LIMIT p_max
$$;
ALTER FUNCTION orphan_lanes(float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION orphan_lanes TO sluice_maintenance;
