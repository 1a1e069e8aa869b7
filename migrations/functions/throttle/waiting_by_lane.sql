-- The lanes in which most executions wait, for a gauge. Across tenants by design; it returns ids and counts.
CREATE OR REPLACE FUNCTION waiting_by_lane(p_most int) RETURNS TABLE (portal_id bigint, lane_id bigint, waiting int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT l.portal_id, l.id, e.waiting
    FROM (SELECT x.lane_id, count(*)::int AS waiting FROM executions x
           GROUP BY x.lane_id ORDER BY count(*) DESC LIMIT p_most) e
    JOIN lanes l ON l.id = e.lane_id
$$;
ALTER FUNCTION waiting_by_lane(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION waiting_by_lane TO sluice_app;
