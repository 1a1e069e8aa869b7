-- Removes registrations that were made longer ago than they are kept, with their steps. Across tenants by design; returns how many.
CREATE OR REPLACE FUNCTION forget_registrations(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  old record;
  removed int := 0;
BEGIN
  FOR old IN
    SELECT r.workspace_id, r.id FROM registrations r WHERE r.created_at < before ORDER BY r.created_at LIMIT p_most FOR UPDATE SKIP LOCKED
  LOOP
    DELETE FROM registration_steps s WHERE s.workspace_id = old.workspace_id AND s.registration_id = old.id;
    DELETE FROM registrations r WHERE r.workspace_id = old.workspace_id AND r.id = old.id;
    removed := removed + 1;
  END LOOP;
  RETURN removed;
END $$;
ALTER FUNCTION forget_registrations(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_registrations TO sluice_maintenance;
