-- Passes over a file of the journal that cannot be read while others can. What it may have told of is looked at by itself, as after a loss (journal_distrust):
-- all that the journal told of is searched, and audited. Returns since when something may be missing. No row: it is another's by now.
CREATE OR REPLACE FUNCTION journal_set_aside(p_fence float8, p_from text, p_to text, p_lease_ms int) RETURNS TABLE (lost_from timestamptz, set_aside int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  UPDATE webhook_journal j
     SET journal_offset = p_to, lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', asked_at = clock_timestamp(), file_tries = 0,
         set_aside = j.set_aside + 1, lost_at = clock_timestamp(), lost_from = j.read_until, failures_in_a_row = 0, error_code = NULL, last_error = NULL
   WHERE j.id = 1 AND j.fence = p_fence AND j.journal_offset IS NOT DISTINCT FROM p_from
  RETURNING j.lost_from, j.set_aside
$$;
ALTER FUNCTION journal_set_aside(float8, text, text, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_set_aside TO sluice_maintenance;
