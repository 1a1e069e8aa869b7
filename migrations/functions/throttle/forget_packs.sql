-- Removes packs that are done, at most `p_most`: as long as the history shows their executions, it names their
-- workflow. Across tenants by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_packs(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM packs WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM packs WHERE done_at < before ORDER BY done_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_packs(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_packs TO sluice_maintenance;
