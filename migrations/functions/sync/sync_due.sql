-- Takes what is to be read now and is read by nobody, the longest due first, and puts it off for a minute: what cannot be started, or waits for a
-- slot, keeps nothing else from being found. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION sync_due(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  UPDATE sync_states s SET due_at = statement_timestamp() + interval '1 minute'
    FROM (SELECT o.workspace_id, o.portal_id, o.object_type FROM sync_states o
           WHERE o.due_at <= statement_timestamp() AND o.ended_at IS NULL
             AND (o.lease_until IS NULL OR o.lease_until <= statement_timestamp())
             AND EXISTS (SELECT FROM portals p WHERE p.portal_id = o.portal_id AND p.workspace_id = o.workspace_id AND p.state = 'active')
           ORDER BY o.due_at LIMIT p_most FOR UPDATE OF o SKIP LOCKED) d
   WHERE s.workspace_id = d.workspace_id AND s.portal_id = d.portal_id AND s.object_type = d.object_type
  RETURNING s.workspace_id, s.portal_id, s.object_type
$$;
ALTER FUNCTION sync_due(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_due TO sluice_maintenance;
