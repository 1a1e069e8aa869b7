-- Portals that are disconnected and of which something waits all the same: it came while their state was not known everywhere yet, or is from
-- before a disconnect ended the outbox. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION outbox_portals_to_end(p_most int) RETURNS TABLE (portal_id bigint, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT p.portal_id, p.workspace_id FROM outbox_portals p
   WHERE EXISTS (SELECT FROM portals o WHERE o.portal_id = p.portal_id AND o.state = 'disconnected')
     AND (EXISTS (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 0)
          OR EXISTS (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 1)
          OR EXISTS (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 2))
   LIMIT p_most
$$;
ALTER FUNCTION outbox_portals_to_end(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION outbox_portals_to_end TO sluice_maintenance;
