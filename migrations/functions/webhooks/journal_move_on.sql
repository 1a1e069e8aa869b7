-- Moves the journal on behind a file, in the transaction that stores the file's events and first of all in it: whoever else reads it waits, and finds
-- it moved. False: it is another's by now, or has been moved on from elsewhere; then nothing of the file is stored.
CREATE OR REPLACE FUNCTION journal_move_on(
  p_fence float8, p_from text, p_to text, p_published timestamptz, p_events int, p_has_updates boolean, p_lease_ms int
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH moved AS (
    UPDATE webhook_journal
       SET journal_offset = p_to, lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', asked_at = clock_timestamp(),
           -- A time that is yet to come says nothing.
           read_until = greatest(read_until, CASE WHEN p_published <= clock_timestamp() THEN p_published END),
           file_at = clock_timestamp(), files = files + 1, events = events + p_events,
           updates_seen_at = CASE WHEN p_has_updates THEN clock_timestamp() ELSE updates_seen_at END,
           failures_in_a_row = 0, file_tries = 0, error_code = NULL, last_error = NULL
     WHERE id = 1 AND fence = p_fence AND journal_offset IS NOT DISTINCT FROM p_from RETURNING 1)
  SELECT EXISTS (SELECT FROM moved)
$$;
ALTER FUNCTION journal_move_on OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_move_on TO sluice_maintenance;
