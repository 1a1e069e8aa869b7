-- Removes keys of calls that HubSpot can no longer repeat, at most `p_most`: it repeats for three days, and holds an
-- execution for four weeks. Fewer than 32 days are not taken: the key is what makes a repeat harmless. Across tenants
-- by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_execution_keys(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => greatest(p_keep_days, 32));
  removed int;
BEGIN
  DELETE FROM execution_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM execution_keys WHERE received_at < before ORDER BY received_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_execution_keys(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_execution_keys TO sluice_maintenance;
