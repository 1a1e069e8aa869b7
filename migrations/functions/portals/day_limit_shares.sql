-- The portals that have used most of HubSpot's limit for their day, while that day lasts, for a gauge. Across tenants by
-- design; it returns ids and shares.
CREATE OR REPLACE FUNCTION day_limit_shares(p_most int) RETURNS TABLE (portal_id bigint, share float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.portal_id, p.day_used::float8 / p.day_limit AS share
    FROM portals p
   WHERE p.state = 'active' AND p.day_limit > 0 AND p.day_ends_at > statement_timestamp()
   ORDER BY 2 DESC LIMIT p_most
$$;
ALTER FUNCTION day_limit_shares(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION day_limit_shares TO sluice_app;
