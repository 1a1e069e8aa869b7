-- Removes what no repeat, page or search can need any more, at most `p_most` rows of each table: keys of events, failed tries and ledger entries of
-- events that are gone, discarded dead letters, redrives that ended. Across tenants by design; it tells how many rows.
CREATE OR REPLACE FUNCTION tidy_outbox(p_most int, p_keep_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  touched int;
  total int := 0;
BEGIN
  -- The key of an event that waits or is a dead letter stays: a repeat must still find it.
  DELETE FROM outbox_keys WHERE (workspace_id, event_key) IN (
    SELECT k.workspace_id, k.event_key FROM outbox_keys k
     WHERE k.captured_at < before AND NOT EXISTS (SELECT FROM outbox_pending e WHERE e.id = k.event_id)
       AND NOT EXISTS (SELECT FROM outbox_dead d WHERE d.id = k.event_id) LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM outbox_attempts WHERE (event_id, n) IN (
    SELECT a.event_id, a.n FROM outbox_attempts a
     WHERE a.at < before AND NOT EXISTS (SELECT FROM outbox_pending e WHERE e.id = a.event_id)
       AND NOT EXISTS (SELECT FROM outbox_dead d WHERE d.id = a.event_id) LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM outbox_ledger WHERE (event_id, n) IN (
    SELECT l.event_id, l.n FROM outbox_ledger l
     WHERE l.sent_at < before AND NOT EXISTS (SELECT FROM outbox_pending e WHERE e.id = l.event_id)
       AND NOT EXISTS (SELECT FROM outbox_dead d WHERE d.id = l.event_id) LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM outbox_dead WHERE id IN (SELECT id FROM outbox_dead WHERE state = 'discarded' AND died_at < before LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM outbox_redrives WHERE id IN (SELECT id FROM outbox_redrives WHERE ended_at < before LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  RETURN total + touched;
END $$;
ALTER FUNCTION tidy_outbox(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION tidy_outbox TO sluice_maintenance;
