-- How many other portals have a Schedule of their own, of whichever workspace: all share a number. Across tenants by design: it tells that number.
CREATE OR REPLACE FUNCTION sync_schedules_beside(p_workspace uuid, p_portal bigint) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT count(*)::int FROM sync_schedules o WHERE (o.workspace_id, o.portal_id) <> (p_workspace, p_portal)
$$;
ALTER FUNCTION sync_schedules_beside(uuid, bigint) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_schedules_beside TO sluice_app;
