-- What is mirrored by OAuth, so that the app may be told of it: what it is told of already first, then the oldest. At most so many, and whether there are
-- more. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION journal_wanted(p_most int) RETURNS TABLE (portal_id bigint, object_type text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT s.portal_id, s.object_type FROM sync_states s
   WHERE s.paused_at IS NULL AND s.ended_at IS NULL
     AND EXISTS (SELECT FROM portals p WHERE p.portal_id = s.portal_id AND p.workspace_id = s.workspace_id AND p.state = 'active' AND p.auth = 'oauth')
   ORDER BY s.told_since, s.started_at LIMIT p_most
$$;
ALTER FUNCTION journal_wanted(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_wanted TO sluice_maintenance;
