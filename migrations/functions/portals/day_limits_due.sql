-- Portals of which HubSpot's limit for the day is to be read, the one that has waited longest first, and not again for
-- `p_again_ms`, whatever comes of it. Only private apps have such a limit. Across tenants by design; ids only.
CREATE OR REPLACE FUNCTION day_limits_due(p_again_ms int, p_most int)
RETURNS TABLE (portal_id bigint, workspace_id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE portals p SET day_due_at = statement_timestamp() + p_again_ms * interval '1 ms'
   WHERE p.portal_id IN (
           SELECT d.portal_id FROM portals d
            WHERE d.state = 'active' AND d.auth = 'private_app' AND d.day_due_at <= statement_timestamp()
            ORDER BY d.day_due_at LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED)
  RETURNING p.portal_id, p.workspace_id
$$;
ALTER FUNCTION day_limits_due(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION day_limits_due TO sluice_maintenance;
