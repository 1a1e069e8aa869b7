-- The workspace of a service with one tenant: the oldest, made when there is none. Across tenants by design; it returns
-- an id.
CREATE OR REPLACE FUNCTION default_workspace() RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  workspace uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(7526478925); -- two set-ups at once must not make two workspaces
  SELECT id INTO workspace FROM workspaces ORDER BY created_at, id LIMIT 1;
  IF workspace IS NULL THEN INSERT INTO workspaces (name) VALUES ('default') RETURNING id INTO workspace; END IF;
  RETURN workspace;
END $$;
ALTER FUNCTION default_workspace() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION default_workspace TO sluice_app;
