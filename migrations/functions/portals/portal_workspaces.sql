-- The workspaces of portals: calls of HubSpot name a portal only. Across tenants by design; it returns nothing but ids
-- and states.
CREATE OR REPLACE FUNCTION portal_workspaces(p_portals bigint[])
RETURNS TABLE (portal_id bigint, workspace_id uuid, state text, epoch int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.portal_id, p.workspace_id, p.state, p.epoch FROM portals p WHERE p.portal_id = ANY (p_portals)
$$;
ALTER FUNCTION portal_workspaces(bigint[]) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION portal_workspaces TO sluice_app;
