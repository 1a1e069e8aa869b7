-- Removes versions of mappings that a newer one replaced so long ago, at most `p_most`: no event can be there any more
-- that keeps to one of them. The newest stays. Across tenants by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_mappings(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM outbox_mappings WHERE ctid = ANY (ARRAY(
    SELECT m.ctid FROM outbox_mappings m
     WHERE m.updated_at < before
       AND EXISTS (SELECT FROM outbox_mappings n
                    WHERE n.workspace_id = m.workspace_id AND n.type = m.type AND n.version > m.version
                      AND n.updated_at < before)
     ORDER BY m.updated_at LIMIT p_most FOR UPDATE OF m SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_mappings(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_mappings TO sluice_maintenance;
