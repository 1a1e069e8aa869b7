-- Portals whose releases are suspended although it is time to find out whether they still have to be: the process that was
-- to do it is gone, or the portal has another token. Across tenants by design, for the reconciler; it returns ids.
CREATE OR REPLACE FUNCTION suspensions_due(p_late_ms float8, p_most int)
RETURNS TABLE (workspace_id uuid, portal_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT h.workspace_id, h.portal_id FROM portal_suspensions h JOIN portals o ON o.portal_id = h.portal_id
   WHERE o.state IN ('active', 'disconnecting')
     AND (h.suspended_until < clock_timestamp() - p_late_ms * interval '1 millisecond'
       OR h.reason IN ('unauthorized', 'forbidden', 'token') AND h.token_version <> o.token_version)
   ORDER BY h.suspended_until LIMIT p_most
$$;
ALTER FUNCTION suspensions_due(float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION suspensions_due TO sluice_maintenance;
