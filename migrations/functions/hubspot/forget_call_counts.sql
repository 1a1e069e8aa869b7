-- Removes counts of requests of days that are long over, at most `p_most`. Across tenants by design; it returns how
-- many.
CREATE OR REPLACE FUNCTION forget_call_counts(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT date := current_date - p_keep_days;
  removed int;
BEGIN
  DELETE FROM call_counts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM call_counts WHERE day < before ORDER BY day LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_call_counts(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_call_counts TO sluice_maintenance;
