-- Takes views that somebody kept open when they were to be made anew, the longest due first, and puts them off: one that is still open keeps no other one
-- from its turn, and is tried more seldom the longer it is. What is mirrored no more is taken for the last time: it is dropped (crm_views_to_drop.sql).
-- Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION crm_views_to_make(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE crm_sql_views v
     SET remake_since = CASE WHEN u.is_mirrored THEN v.remake_since END,
         remake_at = CASE WHEN u.is_mirrored
                          THEN statement_timestamp() + greatest(interval '15 seconds', least(interval '1 hour', (statement_timestamp() - v.remake_since) / 10)) END
    FROM (SELECT o.workspace_id, o.portal_id, o.object_type,
                 (SELECT s.ended_at IS NULL FROM sync_states s
                   WHERE s.workspace_id = o.workspace_id AND s.portal_id = o.portal_id AND s.object_type = o.object_type) IS TRUE AS is_mirrored
            FROM crm_sql_views o WHERE o.remake_at <= statement_timestamp()
           ORDER BY o.remake_at LIMIT p_most FOR UPDATE OF o SKIP LOCKED) u
   WHERE v.workspace_id = u.workspace_id AND v.portal_id = u.portal_id AND v.object_type = u.object_type
  RETURNING v.workspace_id, v.portal_id, v.object_type
$$;
ALTER FUNCTION crm_views_to_make(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION crm_views_to_make TO sluice_maintenance;
