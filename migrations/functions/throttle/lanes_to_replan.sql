-- Lanes that were to be planned anew `p_after_ms` ago and have not been: the process that was to do it is gone. Across
-- tenants by design, for the reconciler; it returns ids.
CREATE OR REPLACE FUNCTION lanes_to_replan(p_after_ms float8, p_most int)
RETURNS TABLE (workspace_id uuid, lane_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT l.workspace_id, l.id FROM lanes l
   WHERE l.replan_since < now() - p_after_ms * interval '1 millisecond'
   ORDER BY l.replan_since LIMIT p_most
$$;
ALTER FUNCTION lanes_to_replan(float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION lanes_to_replan TO sluice_maintenance;
