-- Portals with events that are ready or due and that no delivery is awake for. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION outbox_portals_to_start(p_most int) RETURNS TABLE (portal_id bigint, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT p.portal_id, p.workspace_id FROM outbox_portals p
   WHERE (p.active_until IS NULL OR p.active_until <= statement_timestamp()) AND p.paused_at IS NULL
     AND (p.circuit_open_until IS NULL OR p.circuit_open_until <= statement_timestamp())
     AND EXISTS (SELECT FROM portals o WHERE o.portal_id = p.portal_id AND o.state = 'active')
     AND (EXISTS (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 0 AND e.id >= p.low_id)
          OR EXISTS (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 1 AND e.due_at <= statement_timestamp())
          OR EXISTS (SELECT FROM outbox_claims c WHERE c.portal_id = p.portal_id AND c.lease_until <= statement_timestamp()))
   LIMIT p_most
$$;
ALTER FUNCTION outbox_portals_to_start(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION outbox_portals_to_start TO sluice_maintenance;
