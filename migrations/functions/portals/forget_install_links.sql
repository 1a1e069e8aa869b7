-- Removes links, with the states that were begun by them, some days after they expired, at most `p_most`: until then a
-- replay is still recognised as one. Across tenants by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_install_links(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM install_links WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM install_links WHERE expires_at < before ORDER BY expires_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_install_links(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_install_links TO sluice_maintenance;
