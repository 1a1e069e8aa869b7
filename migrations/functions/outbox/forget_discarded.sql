-- Removes dead letters that somebody discarded so long ago, at most `p_most`. Across tenants by design; it returns how
-- many.
CREATE OR REPLACE FUNCTION forget_discarded(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM outbox_dead WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM outbox_dead WHERE died_at < before AND state = 'discarded'
     ORDER BY died_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_discarded(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_discarded TO sluice_maintenance;
