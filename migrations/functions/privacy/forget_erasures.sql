-- Removes erasures that were done so many days ago. Returns how many rows.
CREATE OR REPLACE FUNCTION forget_erasures(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  removed int;
BEGIN
  DELETE FROM erasures e WHERE e.id = ANY (ARRAY(
    SELECT o.id FROM erasures o WHERE o.done_at < now() - make_interval(days => p_keep_days) ORDER BY o.done_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_erasures(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_erasures TO sluice_maintenance;
