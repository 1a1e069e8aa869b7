-- Dead letters without a tenant (they named a portal that nobody had connected) go to the workspace that has proved since to hold that portal; they
-- stay dead letters, and are sent when that workspace redrives them. Returns how many. Across tenants by design; it tells a number only.
CREATE OR REPLACE FUNCTION outbox_assign_strays(p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  assigned int;
BEGIN
  UPDATE outbox_dead d SET workspace_id = p.workspace_id
    FROM portals p
   WHERE d.id IN (SELECT s.id FROM outbox_dead s JOIN portals o ON o.portal_id = s.portal_id AND o.state = 'active' AND o.verified_at IS NOT NULL
                   WHERE s.workspace_id = nobody LIMIT p_most FOR UPDATE OF s SKIP LOCKED)
     AND p.portal_id = d.portal_id;
  GET DIAGNOSTICS assigned = ROW_COUNT;
  RETURN assigned;
END $$;
ALTER FUNCTION outbox_assign_strays(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION outbox_assign_strays TO sluice_maintenance;
