-- HubSpot takes completions of the portal (again). Returns for how long its releases were suspended; null: they were not.
CREATE OR REPLACE FUNCTION end_suspension(p_workspaces text, p_portal bigint) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
  lasted interval;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  DELETE FROM portal_suspensions h WHERE h.portal_id = p_portal RETURNING clock_timestamp() - h.since INTO lasted;
  RETURN extract(epoch FROM lasted) * 1000;
END $$;
GRANT EXECUTE ON FUNCTION end_suspension TO sluice_app;
