-- Removes dead letters of consumers whose change is not kept any more, so that there is nothing to send again. Across tenants by design; returns how
-- many.
CREATE OR REPLACE FUNCTION forget_dead_changes(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM crm_dead_changes WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM crm_dead_changes WHERE recorded_at < before ORDER BY recorded_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_dead_changes(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_dead_changes TO sluice_maintenance;
