-- Packs whose executions have all ended (another workflow's activity completed them) and whose own workflow does not
-- see it: it sleeps, was never started, or is gone. Across tenants by design, for the reconciler; it returns ids.
CREATE OR REPLACE FUNCTION packs_to_finish(p_most int)
RETURNS TABLE (workspace_id uuid, pack_id bigint, workflow_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.workspace_id, p.id, p.workflow_id FROM packs p
   WHERE p.done_at IS NULL AND coalesce(p.started_at, p.created_at) < clock_timestamp() - interval '10 seconds'
     AND (p.started_at IS NULL OR p.wake_at IS NULL OR p.wake_at > clock_timestamp() + interval '10 seconds'
          OR p.wake_at < clock_timestamp() - interval '1 minute')
     AND NOT EXISTS (SELECT FROM executions e WHERE e.pack_id = p.id)
   ORDER BY p.due_at LIMIT p_most
$$;
ALTER FUNCTION packs_to_finish(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION packs_to_finish TO sluice_maintenance;
