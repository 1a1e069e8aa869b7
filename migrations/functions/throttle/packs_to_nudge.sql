-- nudge_packs for the reconciler: across tenants by design; it returns ids.
CREATE OR REPLACE FUNCTION packs_to_nudge(p_within_ms float8, p_slack_ms float8, p_most int)
RETURNS TABLE (workspace_id uuid, pack_id bigint, workflow_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT * FROM nudge_packs(p_within_ms, p_slack_ms, p_most, NULL)
$$;
ALTER FUNCTION packs_to_nudge(float8, float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION packs_to_nudge TO sluice_maintenance;
