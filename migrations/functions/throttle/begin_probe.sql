-- The right to find out whether HubSpot takes completions of a suspended portal again: for `p_probe_ms` no other process
-- gets it. `state`: `open`, nothing is suspended (any more; `lasted_ms` where that is so since now, as the portal has another
-- token); `waiting`, it is not time yet, or another process finds out: again in `wait_ms` (null: not before the portal's
-- state changes); `mine`, `refusals` have been in a row before.
CREATE OR REPLACE FUNCTION begin_probe(p_workspaces text, p_portal bigint, p_probe_ms float8)
RETURNS TABLE (state text, wait_ms float8, reason text, refusals int, refused_ms float8, lasted_ms float8)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  h portal_suspensions%ROWTYPE;
  portal_state text;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  SELECT * INTO h FROM portal_suspensions WHERE portal_id = p_portal FOR UPDATE;
  t := clock_timestamp();
  SELECT o.state INTO portal_state FROM portals o WHERE o.portal_id = p_portal;
  IF h.portal_id IS NULL THEN
    RETURN QUERY SELECT 'open', NULL::float8, NULL::text, 0, NULL::float8, NULL::float8;
  ELSIF portal_state IS NULL OR portal_state NOT IN ('active', 'disconnecting') THEN
    RETURN QUERY SELECT 'waiting', NULL::float8, h.reason, h.refusals::int, NULL::float8, NULL::float8;
  ELSIF suspended_until(p_portal) IS NULL THEN
    DELETE FROM portal_suspensions WHERE portal_id = p_portal;
    RETURN QUERY SELECT 'open', NULL::float8, h.reason, 0, NULL::float8, (extract(epoch FROM t - h.since) * 1000)::float8;
  ELSIF h.suspended_until > t THEN
    RETURN QUERY SELECT 'waiting', (extract(epoch FROM h.suspended_until - t) * 1000)::float8, h.reason, h.refusals::int,
                        NULL::float8, NULL::float8;
  ELSE
    UPDATE portal_suspensions SET suspended_until = t + p_probe_ms * interval '1 millisecond' WHERE portal_id = p_portal;
    RETURN QUERY SELECT 'mine', NULL::float8, h.reason, h.refusals::int,
                        (extract(epoch FROM t - h.refused_at) * 1000)::float8, NULL::float8;
  END IF;
END $$;
GRANT EXECUTE ON FUNCTION begin_probe TO sluice_app;
