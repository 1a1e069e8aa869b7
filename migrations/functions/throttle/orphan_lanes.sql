-- Lanes with orphans: executions that have waited longer than `p_after_ms` for a workflow, since the process that
-- committed them is gone. Goes from lane to lane by the index and looks at the head of each, however many wait behind
-- it. Across tenants by design, for the reconciler; it returns ids.
CREATE OR REPLACE FUNCTION orphan_lanes(p_after_ms float8, p_max int) RETURNS TABLE (workspace_id uuid, lane_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - p_after_ms * interval '1 millisecond';
BEGIN
  RETURN QUERY
  WITH RECURSIVE head AS (
    (SELECT e.workspace_id, e.lane_id, e.received_at FROM executions e
      WHERE e.pack_id IS NULL ORDER BY e.pack_id, e.lane_id, e.seq LIMIT 1)
    UNION ALL
    SELECT n.* FROM head h CROSS JOIN LATERAL (
      SELECT e.workspace_id, e.lane_id, e.received_at FROM executions e
       WHERE e.pack_id IS NULL AND e.lane_id > h.lane_id ORDER BY e.pack_id, e.lane_id, e.seq LIMIT 1) n
  )
  SELECT h.workspace_id, h.lane_id FROM head h WHERE h.received_at < before LIMIT p_max;
END $$;
ALTER FUNCTION orphan_lanes(float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION orphan_lanes TO sluice_maintenance;
