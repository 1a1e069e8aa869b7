-- Removes records that ended unread longer ago than they are kept.
CREATE OR REPLACE FUNCTION forget_webhook_reads(p_keep_days int, p_most int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH old AS (
    SELECT r.workspace_id, r.portal_id, r.object_type, r.record_id FROM webhook_reads r
     WHERE r.ended_at < now() - make_interval(days => p_keep_days) ORDER BY r.ended_at LIMIT p_most FOR UPDATE SKIP LOCKED
  ), removed AS (
    DELETE FROM webhook_reads t USING old o
     WHERE t.workspace_id = o.workspace_id AND t.portal_id = o.portal_id AND t.object_type = o.object_type AND t.record_id = o.record_id
    RETURNING 1
  )
  SELECT count(*)::int FROM removed
$$;
ALTER FUNCTION forget_webhook_reads(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_webhook_reads TO sluice_maintenance;
