-- Views of types that are mirrored no more: their portal was disconnected. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION crm_views_to_drop(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT v.workspace_id, v.portal_id, v.object_type FROM crm_sql_views v
   WHERE (SELECT s.ended_at IS NULL FROM sync_states s
           WHERE s.workspace_id = v.workspace_id AND s.portal_id = v.portal_id AND s.object_type = v.object_type) IS NOT TRUE
   ORDER BY v.made_at LIMIT p_most
$$;
ALTER FUNCTION crm_views_to_drop(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION crm_views_to_drop TO sluice_maintenance;
