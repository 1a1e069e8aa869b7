-- Takes what is to be read now, the longest due first, and puts it off: for a minute, so that what cannot be started, or waits for a slot, keeps
-- nothing else from being found; for ten where it cannot be read, its portal not being connected, or is read
-- when a Schedule of its portal's own says so. `runs`: it can be read, and is read by nobody.
-- Nothing runs that a consumer of the feed is too far behind of: so nothing of the feed is dropped.
-- `follows`: its first load is done and no search of it is under way, so that one call tells whether anything has changed.
-- Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION sync_due(p_most int)
RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text, runs boolean, follows boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH due AS MATERIALIZED (
    SELECT o.workspace_id, o.portal_id, o.object_type,
           EXISTS (SELECT FROM portals p WHERE p.portal_id = o.portal_id AND p.workspace_id = o.workspace_id AND p.state = 'active') AS connected,
           (o.lease_until IS NULL OR o.lease_until <= statement_timestamp())
           AND consumer_behind(o.workspace_id, o.portal_id, o.object_type) IS NULL AS free,
           sync_by_schedule(o.workspace_id, o.portal_id, o.cursor, o.failures_in_a_row) AS scheduled,
           o.cursor ->> 'kind' IS NOT DISTINCT FROM 'follow' AND NOT o.cursor ? 'walk' AS follows
      FROM sync_states o WHERE o.due_at <= statement_timestamp() ORDER BY o.due_at LIMIT p_most FOR UPDATE OF o SKIP LOCKED
  )
  UPDATE sync_states s SET due_at = statement_timestamp() + CASE WHEN d.connected AND NOT d.scheduled THEN interval '1 minute' ELSE interval '10 minutes' END
    FROM due d WHERE s.workspace_id = d.workspace_id AND s.portal_id = d.portal_id AND s.object_type = d.object_type
  RETURNING s.workspace_id, s.portal_id, s.object_type, d.connected AND d.free AND NOT d.scheduled, d.follows
$$;
ALTER FUNCTION sync_due(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_due TO sluice_maintenance;
