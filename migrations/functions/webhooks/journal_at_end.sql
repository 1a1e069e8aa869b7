-- HubSpot has answered that nothing follows: all that it had published by then is read. False: the journal is another's by now.
CREATE OR REPLACE FUNCTION journal_at_end(p_fence float8, p_lease_ms int) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH moved AS (
    UPDATE webhook_journal
       SET lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', asked_at = clock_timestamp(), read_until = clock_timestamp(),
           failures_in_a_row = 0, error_code = NULL, last_error = NULL
     WHERE id = 1 AND fence = p_fence RETURNING 1)
  SELECT EXISTS (SELECT FROM moved)
$$;
ALTER FUNCTION journal_at_end(float8, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_at_end TO sluice_maintenance;
