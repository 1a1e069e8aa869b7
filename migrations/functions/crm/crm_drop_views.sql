-- Drops the views of a portal, or that of one type (crm_make_view.sql), and returns how many. One that another workspace has made since under the same
-- name, since the portal is its own now, stays. As the owner; it waits two seconds for who reads them, a tenth at a time.
CREATE OR REPLACE FUNCTION crm_drop_views(p_workspace uuid, p_portal bigint, p_object text) RETURNS int LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
  v record;
  dropped int := 0;
BEGIN
  IF p_workspace <> ALL (coalesce(tenant_workspaces(), '{}')) THEN
    RAISE EXCEPTION 'The transaction does not work for this workspace' USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOR v IN DELETE FROM crm_sql_views o
            WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND (p_object IS NULL OR o.object_type = p_object) RETURNING o.name LOOP
    dropped := dropped + 1;
    IF obj_description(to_regclass(format('mirror.%I', v.name)), 'pg_class') = p_workspace::text THEN
      PERFORM crm_drop_view(v.name);
    END IF;
  END LOOP;
  RETURN dropped;
END $$;
GRANT EXECUTE ON FUNCTION crm_drop_views TO sluice_app;
