-- HubSpot does not know the offset any more: the journal is read from the first that there is, and what was told of is looked at by itself
-- (journal_distrust). Returns since when something may be missing. No row: it is another's by now.
CREATE OR REPLACE FUNCTION journal_lose(p_fence float8, p_offset text) RETURNS TABLE (lost_from timestamptz, losses int)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  UPDATE webhook_journal j
     SET journal_offset = NULL, lost_at = clock_timestamp(), lost_from = j.read_until, losses = j.losses + 1, read_until = NULL, file_tries = 0
   WHERE j.id = 1 AND j.fence = p_fence AND j.journal_offset = p_offset
  RETURNING j.lost_from, j.losses
$$;
ALTER FUNCTION journal_lose(float8, text) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_lose TO sluice_maintenance;
