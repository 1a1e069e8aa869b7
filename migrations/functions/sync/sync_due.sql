-- What is to be read now and is read by nobody, the longest due first. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION sync_due(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT s.workspace_id, s.portal_id, s.object_type FROM sync_states s
   WHERE s.due_at <= statement_timestamp() AND s.ended_at IS NULL AND (s.lease_until IS NULL OR s.lease_until <= statement_timestamp())
     AND EXISTS (SELECT FROM portals p WHERE p.portal_id = s.portal_id AND p.workspace_id = s.workspace_id AND p.state = 'active')
   ORDER BY s.due_at LIMIT p_most
$$;
ALTER FUNCTION sync_due(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_due TO sluice_maintenance;
