-- The workspace of a service that has one and no more; NULL where there are several, or none. Across tenants by design; it returns an id.
CREATE OR REPLACE FUNCTION sole_workspace() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN count(*) = 1 THEN min(w.id::text)::uuid END FROM (SELECT id FROM workspaces LIMIT 2) w
$$;
ALTER FUNCTION sole_workspace() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sole_workspace TO sluice_app;
