-- Takes views of types that are mirrored no more, their portal being disconnected, the longest due first, and puts them off: one that cannot be dropped
-- keeps no other one from its turn, and is tried more seldom the longer its portal is gone. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION crm_views_to_drop(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE crm_sql_views v
     SET drop_at = statement_timestamp() + greatest(interval '1 minute', least(interval '1 day', (statement_timestamp() - u.ended_at) / 4))
    FROM (SELECT o.workspace_id, o.portal_id, o.object_type,
                 (SELECT s.ended_at FROM sync_states s
                   WHERE s.workspace_id = o.workspace_id AND s.portal_id = o.portal_id AND s.object_type = o.object_type) AS ended_at
            FROM crm_sql_views o
           WHERE (o.drop_at IS NULL OR o.drop_at <= statement_timestamp())
             AND (SELECT s.ended_at IS NULL FROM sync_states s
                   WHERE s.workspace_id = o.workspace_id AND s.portal_id = o.portal_id AND s.object_type = o.object_type) IS NOT TRUE
           ORDER BY coalesce(o.drop_at, o.made_at) LIMIT p_most FOR UPDATE OF o SKIP LOCKED) u
   WHERE v.workspace_id = u.workspace_id AND v.portal_id = u.portal_id AND v.object_type = u.object_type
  RETURNING v.workspace_id, v.portal_id, v.object_type
$$;
ALTER FUNCTION crm_views_to_drop(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION crm_views_to_drop TO sluice_maintenance;
