-- Records that HubSpot has erased for a person and that nobody has erased here within half a minute: those of types that are paused, being loaded or
-- waiting for a consumer, and of portals that are not connected; what reads the others erases theirs first. Few are ever asked for, and they alone are in
-- the index.
-- Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION webhook_erasures_left(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text, record_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT r.workspace_id, r.portal_id, r.object_type, r.record_id FROM webhook_reads r
   WHERE r.erases AND r.due_at IS NOT NULL AND r.due_at <= statement_timestamp() - interval '30 seconds'
   ORDER BY r.workspace_id, r.portal_id, r.object_type, r.due_at LIMIT p_most
$$;
ALTER FUNCTION webhook_erasures_left(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION webhook_erasures_left TO sluice_maintenance;
