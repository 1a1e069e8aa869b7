-- HubSpot refused a completion of the portal for a reason that is the portal's: nothing is released there for `p_ms`.
-- `p_refusals`: the number of refusals in a row, this one included, where the call was one that had to find out; null: it
-- was any other, which does not shorten what is known. Once it has lasted for ten minutes the workspace is told, where it
-- does not end by itself at a known time. Returns for how long the portal is suspended now, and whether the
-- suspension began with this.
CREATE OR REPLACE FUNCTION suspend_portal(
  p_workspaces text, p_portal bigint, p_reason text, p_ms float8, p_refusals int
) RETURNS TABLE (suspended_ms float8, began boolean) LANGUAGE plpgsql AS $$
DECLARE
  t timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  RETURN QUERY
  INSERT INTO portal_suspensions AS h (portal_id, workspace_id, reason, since, refused_at, suspended_until, refusals, token_version)
  SELECT o.portal_id, o.workspace_id, p_reason, t, t, t + p_ms * interval '1 millisecond',
         least(coalesce(p_refusals, 1), 1000), o.token_version
    FROM portals o WHERE o.portal_id = p_portal
  ON CONFLICT (portal_id) DO UPDATE SET
    reason = excluded.reason, refused_at = t, token_version = excluded.token_version,
    refusals = CASE WHEN p_refusals IS NOT NULL OR h.token_version <> excluded.token_version
                    THEN excluded.refusals ELSE h.refusals END,
    suspended_until = CASE WHEN p_refusals IS NOT NULL OR h.token_version <> excluded.token_version
                      THEN excluded.suspended_until ELSE greatest(h.suspended_until, excluded.suspended_until) END
  RETURNING (extract(epoch FROM h.suspended_until - t) * 1000)::float8, h.since = t;

  WITH long AS (
    UPDATE portal_suspensions h SET told = true
     WHERE h.portal_id = p_portal AND NOT h.told AND h.since < t - interval '10 minutes'
       AND h.reason IN ('path', 'unauthorized', 'forbidden', 'breaker')
    RETURNING h.workspace_id, h.reason, h.since
  )
  INSERT INTO notices (workspace_id, kind, portal_id, detail, state)
  SELECT w.id, 'throttle.waiting', p_portal, jsonb_build_object('class', l.reason, 'since', l.since),
         CASE WHEN w.notify_url IS NULL THEN 'kept' ELSE 'pending' END
    FROM long l JOIN workspaces w ON w.id = l.workspace_id;
END $$;
GRANT EXECUTE ON FUNCTION suspend_portal TO sluice_app;
