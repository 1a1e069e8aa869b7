-- The circuit breaker of a portal, shared by all processes. `p_opens` is what the caller knew: where another process
-- has moved the breaker since, nothing changes. It opens for `p_ms`, or closes where that is null. Returns how often it
-- has opened in a row, and for how long it is open.
CREATE OR REPLACE FUNCTION budget_breaker(p_workspace text, p_portal bigint, p_opens int, p_ms float8)
RETURNS TABLE (opens int, left_ms float8, changed boolean)
LANGUAGE plpgsql AS $$
DECLARE
  t timestamptz := clock_timestamp();
  moved boolean;
BEGIN
  PERFORM set_config('app.workspace', p_workspace, true);
  INSERT INTO budget_rings (portal_id, ring, workspace_id)
  SELECT p.portal_id, 'portal', p.workspace_id FROM portals p WHERE p.portal_id = p_portal
  ON CONFLICT DO NOTHING;
  UPDATE budget_rings r
     SET breaker_opens = CASE WHEN p_ms IS NULL THEN 0 ELSE least(r.breaker_opens + 1, 1000) END,
         -- A block that HubSpot asked for meanwhile stays.
         blocked_until = CASE WHEN p_ms IS NOT NULL
                              THEN greatest(t + p_ms * interval '1 millisecond',
                                            CASE WHEN r.blocked_reason <> 'probe' THEN r.blocked_until END)
                              WHEN r.blocked_reason IN ('breaker', 'probe') THEN NULL ELSE r.blocked_until END,
         blocked_reason = CASE WHEN p_ms IS NOT NULL
                                    AND (r.blocked_reason = 'probe' OR r.blocked_until IS NULL
                                         OR r.blocked_until < t + p_ms * interval '1 millisecond') THEN 'breaker'
                               WHEN p_ms IS NULL AND r.blocked_reason IN ('breaker', 'probe') THEN NULL
                               ELSE r.blocked_reason END
   WHERE r.portal_id = p_portal AND r.ring = 'portal' AND r.breaker_opens = p_opens;
  moved := FOUND;
  RETURN QUERY
  SELECT r.breaker_opens::int, greatest(0, extract(epoch FROM r.blocked_until - t) * 1000)::float8, moved
    FROM budget_rings r WHERE r.portal_id = p_portal AND r.ring = 'portal';
END $$;
GRANT EXECUTE ON FUNCTION budget_breaker TO sluice_app;
