-- How webhooks stand for the types that a workspace mirrors, by portal and type. What waits is counted up to 5,001: more than that are looked for together.
CREATE OR REPLACE FUNCTION webhook_types(
  p_workspace uuid, p_portal bigint, p_object text, p_after_portal bigint, p_after_object text, p_most int
) RETURNS TABLE (
  portal_id bigint, object_type text, waiting int, together boolean, oldest_at timestamptz, unread int, received bigint, late bigint,
  last_received_at timestamptz, strays int, seen_first jsonb, seen_again jsonb, missed bigint
)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT s.portal_id, s.object_type,
         (SELECT count(*)::int FROM (SELECT FROM webhook_reads r
                                      WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id AND r.object_type = s.object_type
                                        AND r.due_at IS NOT NULL LIMIT 5001) o),
         (SELECT true FROM webhook_reads r
           WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id AND r.object_type = s.object_type AND r.record_id = 0) IS NOT NULL,
         (SELECT r.asked_at FROM webhook_reads r
           WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id AND r.object_type = s.object_type AND r.due_at IS NOT NULL
           ORDER BY r.due_at LIMIT 1),
         (SELECT count(*)::int FROM (SELECT FROM webhook_reads r
                                      WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id AND r.object_type = s.object_type
                                        AND r.ended_at IS NOT NULL LIMIT 1000) o),
         coalesce(c.received, 0), coalesce(c.late, 0), c.last_received_at, webhook_strays_of(s.portal_id), s.seen_first, s.seen_again, s.missed
    FROM (SELECT o.* FROM sync_states o
           WHERE o.workspace_id = p_workspace AND (p_portal IS NULL OR o.portal_id = p_portal) AND (p_object IS NULL OR o.object_type = p_object)
             AND (o.portal_id, o.object_type) > (p_after_portal, p_after_object) AND o.ended_at IS NULL
           ORDER BY o.workspace_id, o.portal_id, o.object_type LIMIT p_most) s
    LEFT JOIN LATERAL (SELECT * FROM webhook_counts w
                        WHERE w.workspace_id = s.workspace_id AND w.portal_id = s.portal_id AND w.object_type = s.object_type) c ON true
   ORDER BY s.portal_id, s.object_type
$$;
GRANT EXECUTE ON FUNCTION webhook_types TO sluice_app;
