-- Removes old notices, at most `p_most`; one that is still to be delivered stays. Across tenants by design; it returns
-- how many.
CREATE OR REPLACE FUNCTION forget_notices(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM notices WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM notices WHERE created_at < before AND state <> 'pending'
     ORDER BY created_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_notices(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_notices TO sluice_maintenance;
