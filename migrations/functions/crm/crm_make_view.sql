-- Makes the view `mirror.<type>_<portal>` of the live records of a type, for people who ask in SQL: a column for each property that HubSpot defines
-- today, of its type, with its text beside it where that is another one. Made anew where it is there. Returns its name, its columns, and how many
-- properties found no place: a view of Postgres' has 1,600 columns.
--
-- As the owner, since it makes something; it reads nothing but definitions of the workspace of the transaction. No text of others becomes SQL but as
-- a quoted name or a quoted literal.
--
-- Whoever reads the view sees rows where the login of the session, which no SET changes, is bound to the workspace (crm_sql_logins).
CREATE OR REPLACE FUNCTION crm_make_view(p_workspace uuid, p_portal bigint, p_object text)
RETURNS TABLE (name text, columns int, left_out int) LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s'
AS $$
#variable_conflict use_variable
DECLARE
  most CONSTANT int := 1590;
  taken text[] := ARRAY['id', 'created_at', 'modified_at', 'read_at', 'properties'];
  parts text[] := '{}';
  d record;
  own text;
  cast_by text;
  beside boolean;
BEGIN
  IF p_workspace <> ALL (coalesce(tenant_workspaces(), '{}')) OR NOT EXISTS (
       SELECT FROM sync_states s WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND s.ended_at IS NULL) THEN
    RAISE EXCEPTION 'The workspace of the transaction does not mirror this type' USING ERRCODE = 'insufficient_privilege';
  END IF;
  name := replace(CASE WHEN p_object ~ '^[0-9]' THEN 'object_' ELSE '' END || p_object, '-', '_') || '_' || p_portal;
  left_out := 0;
  SELECT count(*) + count(*) FILTER (WHERE p.type IN ('number', 'bool', 'date', 'datetime')) <= most - 5 INTO beside FROM crm_property_defs p
   WHERE p.workspace_id = p_workspace AND p.portal_id = p_portal AND p.object_type = p_object AND p.replaced_at IS NULL AND NOT p.archived;
  -- Those that need no other name come first, so that names stay when others are added.
  FOR d IN SELECT p.name, p.type FROM crm_property_defs p
            WHERE p.workspace_id = p_workspace AND p.portal_id = p_portal AND p.object_type = p_object AND p.replaced_at IS NULL AND NOT p.archived
            ORDER BY octet_length(p.name) > 63, p.name COLLATE "C" LOOP
    IF cardinality(taken) >= most THEN
      left_out := left_out + 1;
      CONTINUE;
    END IF;
    own := view_column(d.name, taken);
    taken := taken || own;
    cast_by := CASE d.type WHEN 'number' THEN 'view_number' WHEN 'bool' THEN 'view_boolean' WHEN 'date' THEN 'view_date' WHEN 'datetime' THEN 'view_datetime' END;
    IF cast_by IS NULL THEN
      parts := parts || format('r.properties ->> %L AS %I', d.name, own);
    ELSE
      parts := parts || format('public.%I(r.properties ->> %L) AS %I', cast_by, d.name, own);
    END IF;
  END LOOP;
  IF beside THEN
    FOR d IN SELECT p.name FROM crm_property_defs p
              WHERE p.workspace_id = p_workspace AND p.portal_id = p_portal AND p.object_type = p_object AND p.replaced_at IS NULL AND NOT p.archived
                AND p.type IN ('number', 'bool', 'date', 'datetime') ORDER BY p.name COLLATE "C" LOOP
      own := view_column(d.name || '_text', taken);
      taken := taken || own;
      parts := parts || format('r.properties ->> %L AS %I', d.name, own);
    END LOOP;
  END IF;
  columns := cardinality(taken);
  -- Who makes it at the same time waits here for the other one to be through.
  INSERT INTO crm_sql_views AS v (workspace_id, portal_id, object_type, name, columns, left_out)
  VALUES (p_workspace, p_portal, p_object, name, columns, left_out)
  ON CONFLICT (workspace_id, portal_id, object_type) DO UPDATE
    SET name = excluded.name, columns = excluded.columns, left_out = excluded.left_out, made_at = clock_timestamp(), drop_at = NULL,
        remake_since = NULL, remake_at = NULL;
  PERFORM crm_drop_view(name);
  EXECUTE format(
    'CREATE VIEW mirror.%I WITH (security_barrier) AS
     SELECT r.id, r.created_at, r.modified_at, r.read_at, %s r.properties
       FROM public.crm_records r
      WHERE r.workspace_id = %L AND r.portal_id = %L AND r.object_type = %L AND r.archived_at IS NULL
        AND EXISTS (SELECT FROM public.crm_sql_logins l
                     WHERE l.workspace_id = %L AND pg_has_role(session_user, to_regrole(quote_ident(l.login))::oid, ''MEMBER''))',
    name, array_to_string(parts || ''::text, ', '), p_workspace, p_portal, p_object, p_workspace);
  EXECUTE format('COMMENT ON VIEW mirror.%I IS %L', name, p_workspace);
  EXECUTE format('ALTER VIEW mirror.%I OWNER TO sluice_system', name);
  EXECUTE format('GRANT SELECT ON mirror.%I TO sluice_analyst', name);
  RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION crm_make_view TO sluice_app;
