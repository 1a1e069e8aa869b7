-- Removes what no window, repeat or page can need any more, at most `p_most` rows of each table; executions whose
-- workflow has ended without them (it was terminated, or reset) are freed to be started anew. Across tenants by design;
-- it returns how many rows. Admissions are kept for an hour at least: a rate may be changed to a longer interval, and
-- recent ones must still be known then.
CREATE OR REPLACE FUNCTION tidy_throttle(p_most int, p_keep_history interval, p_keep_keys interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  t timestamptz := clock_timestamp();
  touched int;
  total int := 0;
BEGIN
  UPDATE executions SET pack_id = NULL, attempts = attempts + 1 WHERE id IN (
    SELECT e.id FROM executions e JOIN packs p ON p.id = e.pack_id
     WHERE p.done_at < t - interval '10 seconds' LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM lane_grants WHERE id IN (
    SELECT g.id FROM lane_grants g JOIN lanes l ON l.id = g.lane_id
     WHERE g.answered_at < t - greatest(interval '1 hour', l.rate_interval_ms * interval '1 millisecond') LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM packs WHERE id IN (SELECT id FROM packs WHERE done_at < t - p_keep_history LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  total := total + touched;
  DELETE FROM execution_keys WHERE (portal_id, callback_id) IN (
    SELECT portal_id, callback_id FROM execution_keys WHERE received_at < t - p_keep_keys LIMIT p_most);
  GET DIAGNOSTICS touched = ROW_COUNT;
  RETURN total + touched;
END $$;
ALTER FUNCTION tidy_throttle(int, interval, interval) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION tidy_throttle TO sluice_maintenance;
