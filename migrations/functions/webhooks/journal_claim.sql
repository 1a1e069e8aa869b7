-- Takes the webhooks journal in hand for a while: one process reads it at a time. No row: somebody else has it. `taken_over`: whoever had it last was
-- another, who may have asked HubSpot a moment ago. It is the app's and no tenant's.
CREATE OR REPLACE FUNCTION journal_claim(p_owner text, p_lease_ms int)
RETURNS TABLE (fence float8, journal_offset text, failures int, file_tries int, taken_over boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  before text;
BEGIN
  INSERT INTO webhook_journal (id) VALUES (1) ON CONFLICT DO NOTHING;
  SELECT j.holder INTO before FROM webhook_journal j WHERE j.id = 1 FOR UPDATE;
  RETURN QUERY
  UPDATE webhook_journal j
     SET holder = p_owner, lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', fence = j.fence + 1
   WHERE j.id = 1 AND (j.lease_until IS NULL OR j.lease_until <= clock_timestamp() OR j.holder = p_owner)
  RETURNING j.fence::float8, j.journal_offset, j.failures_in_a_row, j.file_tries, before IS DISTINCT FROM p_owner;
END $$;
ALTER FUNCTION journal_claim(text, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_claim TO sluice_maintenance;
