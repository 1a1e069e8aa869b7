-- The next lanes after `p_after`, by their ids, in which runs of actions wait for their turn, with the action that all runs of the lane are of.
-- Goes from lane to lane by the index, however many wait in each. Across tenants by design, for the worker; it returns ids and names of actions.
CREATE OR REPLACE FUNCTION lanes_of_runs(p_after bigint, p_most int)
RETURNS TABLE (workspace_id uuid, portal_id bigint, lane_id bigint, action text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH RECURSIVE head AS (
    (SELECT r.workspace_id, r.portal_id, r.lane_id, r.action FROM action_runs r
      WHERE r.state = 'waiting' AND r.lane_id IS NOT NULL AND r.turn IS NULL AND r.lane_id > p_after ORDER BY r.lane_id, r.id LIMIT 1)
    UNION ALL
    SELECT n.* FROM head h CROSS JOIN LATERAL (
      SELECT r.workspace_id, r.portal_id, r.lane_id, r.action FROM action_runs r
       WHERE r.state = 'waiting' AND r.lane_id IS NOT NULL AND r.turn IS NULL AND r.lane_id > h.lane_id ORDER BY r.lane_id, r.id LIMIT 1) n
  )
  SELECT h.workspace_id, h.portal_id, h.lane_id, h.action FROM head h LIMIT p_most;
END $$;
ALTER FUNCTION lanes_of_runs(bigint, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION lanes_of_runs TO sluice_maintenance;
