-- Row-level security, forced, on every table with a workspace: called at the end of each migration and for each new partition, so that
-- no table can be forgotten. `p_like` narrows it to tables named so.
-- The subselect makes the workspaces a constant of the statement instead of a call per row.
CREATE OR REPLACE FUNCTION isolate_tenants(p_like text DEFAULT '%') RETURNS int
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  t record;
  changed int := 0;
BEGIN
  FOR t IN
    SELECT c.oid::regclass AS name, c.relname, c.relrowsecurity AND c.relforcerowsecurity AS isolated,
           CASE WHEN c.relname = 'workspaces' THEN 'id' ELSE 'workspace_id' END AS key
      FROM pg_class c
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname LIKE p_like
       AND (c.relname = 'workspaces' OR EXISTS (
             SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped))
     ORDER BY c.relname
  LOOP
    IF NOT t.isolated THEN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.name);
      changed := changed + 1;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.name AND p.polname = 'tenant') THEN
      EXECUTE format('CREATE POLICY tenant ON %s USING (%I = ANY ((SELECT tenant_workspaces())::uuid[]))', t.name, t.key);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.name AND p.polname = 'across_tenants') THEN
      EXECUTE format('CREATE POLICY across_tenants ON %s TO sluice_system USING (true) WITH CHECK (true)', t.name);
    END IF;
  END LOOP;
  RETURN changed;
END $$;
