-- Redrives that run: their workflow may never have been started, or be gone with Temporal's database. Starting one that runs is a no-op. Any of
-- them, so that no number of those that run keeps the others from being looked at. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION outbox_redrives_to_start() RETURNS TABLE (workspace_id uuid, redrive_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.workspace_id, r.id FROM outbox_redrives r
   WHERE r.state = 'running' AND r.created_at < statement_timestamp() - interval '5 seconds' ORDER BY random() LIMIT 100
$$;
ALTER FUNCTION outbox_redrives_to_start() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION outbox_redrives_to_start TO sluice_maintenance;
