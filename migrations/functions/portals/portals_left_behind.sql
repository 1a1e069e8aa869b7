-- Portals whose install or disconnect was committed a while ago and is not done: the sweep starts their workflows.
-- Across tenants by design; ids and states only.
CREATE OR REPLACE FUNCTION portals_left_behind(p_after_ms int, p_most int)
RETURNS TABLE (portal_id bigint, workspace_id uuid, state text, epoch int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.portal_id, p.workspace_id, p.state, p.epoch
    FROM portals p
   WHERE (p.state = 'disconnecting' OR (p.state = 'active' AND p.resumed_epoch < p.epoch))
     AND p.state_changed_at < statement_timestamp() - p_after_ms * interval '1 ms'
   ORDER BY p.state_changed_at
   LIMIT p_most
$$;
ALTER FUNCTION portals_left_behind(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION portals_left_behind TO sluice_maintenance;
