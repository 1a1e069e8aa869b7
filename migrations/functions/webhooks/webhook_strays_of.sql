-- How many events are kept aside that came for a portal before it was connected here, or after it had gone; a thousand at most. Of portals of the caller's
-- workspace alone: it tells nobody of others.
CREATE OR REPLACE FUNCTION webhook_strays_of(p_portal bigint) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT count(*)::int
    FROM (SELECT FROM webhook_strays s WHERE s.portal_id = p_portal
             AND (SELECT p.workspace_id FROM portals p WHERE p.portal_id = p_portal) = ANY ((SELECT tenant_workspaces())::uuid[])
           LIMIT 1000) o
$$;
ALTER FUNCTION webhook_strays_of(bigint) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION webhook_strays_of TO sluice_app;
