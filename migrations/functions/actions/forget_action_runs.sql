-- Removes runs of actions that ended, and came longer ago than they are kept, with their effects. Fewer than 32 days are not taken: the row is
-- what makes a repeat of HubSpot's harmless. Across tenants by design; returns how many.
CREATE OR REPLACE FUNCTION forget_action_runs(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => greatest(p_keep_days, 32));
  old record;
  removed int := 0;
BEGIN
  FOR old IN
    SELECT r.workspace_id, r.id FROM action_runs r WHERE r.received_at < before AND r.state NOT IN ('waiting', 'completing')
     ORDER BY r.received_at LIMIT p_most FOR UPDATE SKIP LOCKED
  LOOP
    DELETE FROM action_effects e WHERE e.workspace_id = old.workspace_id AND e.run_id = old.id;
    DELETE FROM action_runs r WHERE r.workspace_id = old.workspace_id AND r.id = old.id;
    removed := removed + 1;
  END LOOP;
  RETURN removed;
END $$;
ALTER FUNCTION forget_action_runs(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_action_runs TO sluice_maintenance;
