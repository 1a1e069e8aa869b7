-- Until when the releases of a portal are suspended (src/domain/throttle/suspension.ts); null: they are not. A suspension for
-- a token that was refused is void when the portal has another one. The call that is to find out whether the reason is
-- gone passes (probe_turns.sql). Its transaction names the workspace.
CREATE OR REPLACE FUNCTION suspended_until(p_portal bigint) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT h.suspended_until FROM portal_suspensions h
           WHERE h.portal_id = p_portal AND coalesce(current_setting('app.probe', true), '') <> p_portal::text
             AND (h.reason NOT IN ('unauthorized', 'forbidden', 'token')
               OR h.token_version = (SELECT o.token_version FROM portals o WHERE o.portal_id = p_portal)));
END $$;
GRANT EXECUTE ON FUNCTION suspended_until TO sluice_app, sluice_system;
