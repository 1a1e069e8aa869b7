-- The workspaces that this transaction works for: `app.workspace` holds one id, or several where calls of several tenants are committed
-- together. Not set: none, so that a statement which forgot it finds nothing and writes nothing.
CREATE OR REPLACE FUNCTION tenant_workspaces() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT string_to_array(nullif(current_setting('app.workspace', true), ''), ',')::uuid[]
$$;
GRANT EXECUTE ON FUNCTION tenant_workspaces TO sluice_app, sluice_maintenance, sluice_system;
