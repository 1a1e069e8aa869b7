-- Removes old idempotency keys with their answers, at most `p_most`. Across tenants by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_idempotency_keys(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency_keys WHERE answered_at < before
     ORDER BY answered_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_idempotency_keys(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_idempotency_keys TO sluice_maintenance;
