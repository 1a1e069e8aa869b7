-- The expiry guard: HubSpot gives an execution up at its `expires_at`, and nobody is told (docs/hubspot.md#callbacks).
-- So those of the pack that come within `p_guard` of it are marked to end as `expired`; the next release completes them
-- out of turn. Its transaction names the workspace. The plan keeps its distance as well: intake_calls.sql.
CREATE OR REPLACE FUNCTION expiry_guard(p_pack bigint, p_guard interval, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE executions e SET end_requested = 'expired'
   WHERE e.pack_id = p_pack AND e.end_requested IS NULL AND e.grant_id IS NULL AND e.expires_at - p_guard <= p_now;
END $$;
GRANT EXECUTE ON FUNCTION expiry_guard TO sluice_app;
