-- Removes old heads of audit chains, at most `p_most`. The newest of each workspace and key stays: it vouches for all
-- entries before it. Entries are never removed. Fewer than 30 days are not taken. Across tenants by design; it returns
-- how many.
CREATE OR REPLACE FUNCTION forget_audit_heads(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => greatest(p_keep_days, 30));
  removed int;
BEGIN
  DELETE FROM audit_heads WHERE ctid = ANY (ARRAY(
    SELECT h.ctid FROM audit_heads h
     WHERE h.signed_at < before
       AND EXISTS (SELECT FROM audit_heads n
                    WHERE n.workspace_id = h.workspace_id AND n.key_id = h.key_id AND n.seq > h.seq)
     ORDER BY h.signed_at LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_audit_heads(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_audit_heads TO sluice_maintenance;
