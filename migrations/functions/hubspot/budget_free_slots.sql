-- The portals with the fewest free slots, per bucket (column `ring`), for a gauge. Across tenants by design; it returns
-- ids and counts.
CREATE OR REPLACE FUNCTION budget_free_slots(p_most int) RETURNS TABLE (portal_id bigint, ring text, free int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.portal_id, s.ring, (count(*) FILTER (WHERE s.free_at <= clock_timestamp()))::int AS free
    FROM budget_slots s GROUP BY s.portal_id, s.ring ORDER BY 3 LIMIT p_most
$$;
ALTER FUNCTION budget_free_slots(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION budget_free_slots TO sluice_app;
