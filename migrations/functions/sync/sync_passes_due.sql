-- Takes what a pass is to do now and nobody does, the longest due first, and puts it off: for a minute, so that what waits for a slot keeps nothing
-- else from being found; for ten where it cannot run, its type being paused, not loaded yet, waiting for a consumer of the feed, or of a portal
-- that is not connected (not `runs`).
-- Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION sync_passes_due(p_pass text, p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text, runs boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH due AS MATERIALIZED (
    SELECT o.workspace_id, o.portal_id, o.object_type,
           EXISTS (SELECT FROM sync_states s
                    WHERE s.workspace_id = o.workspace_id AND s.portal_id = o.portal_id AND s.object_type = o.object_type
                      AND s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL)
           AND EXISTS (SELECT FROM portals p WHERE p.portal_id = o.portal_id AND p.workspace_id = o.workspace_id AND p.state = 'active')
           AND consumer_behind(o.workspace_id, o.portal_id, o.object_type) IS NULL AS runs
      FROM sync_passes o
     WHERE o.pass = p_pass AND o.due_at <= statement_timestamp() AND (o.lease_until IS NULL OR o.lease_until <= statement_timestamp())
     ORDER BY o.due_at LIMIT p_most FOR UPDATE OF o SKIP LOCKED
  )
  UPDATE sync_passes s SET due_at = statement_timestamp() + CASE WHEN d.runs THEN interval '1 minute' ELSE interval '10 minutes' END
    FROM due d WHERE s.workspace_id = d.workspace_id AND s.portal_id = d.portal_id AND s.object_type = d.object_type AND s.pass = p_pass
  RETURNING s.workspace_id, s.portal_id, s.object_type, d.runs
$$;
ALTER FUNCTION sync_passes_due(text, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_passes_due TO sluice_maintenance;
