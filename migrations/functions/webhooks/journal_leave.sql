-- Gives the journal back, after a failure with what it was, and whether it was that of the next file (`p_is_file`). The next one may take it at once.
CREATE OR REPLACE FUNCTION journal_leave(p_fence float8, p_code text, p_message text, p_is_file boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  UPDATE webhook_journal
     SET lease_until = NULL, failures_in_a_row = failures_in_a_row + CASE WHEN p_code IS NULL THEN 0 ELSE 1 END,
         file_tries = file_tries + p_is_file::int,
         error_code = coalesce(p_code, error_code), last_error = coalesce(p_message, last_error)
   WHERE id = 1 AND fence = p_fence
$$;
ALTER FUNCTION journal_leave(float8, text, text, boolean) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_leave TO sluice_maintenance;
