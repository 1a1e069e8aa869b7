-- Removes slots of HubSpot's limits of portals that were disconnected so long ago, at most `p_most`. A portal that comes
-- back begins with new ones. Across tenants by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_budget_slots(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM budget_slots WHERE ctid = ANY (ARRAY(
    SELECT b.ctid FROM portals p JOIN budget_slots b ON b.portal_id = p.portal_id
     WHERE p.state = 'disconnected' AND p.state_changed_at < before LIMIT p_most FOR UPDATE OF b SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_budget_slots(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_budget_slots TO sluice_maintenance;
