-- Removes old tries that failed, at most `p_most`. Those of an event that waits or is a dead letter stay. Across tenants
-- by design; it returns how many.
CREATE OR REPLACE FUNCTION forget_outbox_attempts(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  removed int;
BEGIN
  DELETE FROM outbox_attempts WHERE ctid = ANY (ARRAY(
    SELECT x.ctid FROM outbox_attempts x
     WHERE x.at < before AND NOT EXISTS (SELECT FROM outbox_pending e WHERE e.id = x.event_id)
       AND NOT EXISTS (SELECT FROM outbox_dead d WHERE d.id = x.event_id)
     ORDER BY x.at LIMIT p_most FOR UPDATE OF x SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
ALTER FUNCTION forget_outbox_attempts(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_outbox_attempts TO sluice_maintenance;
