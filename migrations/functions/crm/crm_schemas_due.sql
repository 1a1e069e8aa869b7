-- Takes portals of which the custom objects are to be read, the longest due first, and puts them off: one that cannot be read keeps no other one from
-- its turn. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION crm_schemas_due(p_again_ms int, p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE crm_schemas c SET due_at = statement_timestamp() + p_again_ms * interval '1 millisecond'
    FROM (SELECT d.workspace_id, d.portal_id FROM crm_schemas d
           WHERE d.due_at <= statement_timestamp() ORDER BY d.due_at LIMIT p_most FOR UPDATE SKIP LOCKED) u
   WHERE c.workspace_id = u.workspace_id AND c.portal_id = u.portal_id
  RETURNING c.workspace_id, c.portal_id
$$;
ALTER FUNCTION crm_schemas_due(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION crm_schemas_due TO sluice_maintenance;
