-- Takes declared properties of which values are to be filled in or removed, the longest due first, and puts them off for a minute: one whose part
-- fails keeps nothing else from being found. Across tenants by design: it tells names only.
CREATE OR REPLACE FUNCTION crm_values_due(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text, property text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  UPDATE crm_declared_properties d SET due_at = statement_timestamp() + interval '1 minute'
    FROM (SELECT o.workspace_id, o.portal_id, o.object_type, o.property FROM crm_declared_properties o
           WHERE o.due_at <= statement_timestamp() ORDER BY o.due_at LIMIT p_most FOR UPDATE SKIP LOCKED) u
   WHERE d.workspace_id = u.workspace_id AND d.portal_id = u.portal_id AND d.object_type = u.object_type AND d.property = u.property
  RETURNING d.workspace_id, d.portal_id, d.object_type, d.property
$$;
ALTER FUNCTION crm_values_due(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION crm_values_due TO sluice_maintenance;
