-- Takes types of which records are to be read for events and nobody reads them, those whose oldest has waited longest first, and puts them off as
-- sync_passes_due does: what whoever heard of the events has not read. From one type to the next by the index of what is due, one probe each, however
-- many records wait. A type whose reads failed waits for its time.
-- Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION webhook_reads_due(p_most int) RETURNS TABLE (workspace_id uuid, portal_id bigint, object_type text, runs boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
  WITH RECURSIVE named AS (
    (SELECT r.workspace_id, r.portal_id, r.object_type, r.due_at FROM webhook_reads r WHERE r.due_at IS NOT NULL
      ORDER BY r.workspace_id, r.portal_id, r.object_type, r.due_at LIMIT 1)
    UNION ALL
    SELECT (n.next).workspace_id, (n.next).portal_id, (n.next).object_type, (n.next).due_at
      FROM (SELECT (SELECT r FROM webhook_reads r
                     WHERE r.due_at IS NOT NULL AND (r.workspace_id, r.portal_id, r.object_type) > (n.workspace_id, n.portal_id, n.object_type)
                     ORDER BY r.workspace_id, r.portal_id, r.object_type, r.due_at LIMIT 1) AS next
              FROM named n) n
     WHERE (n.next).workspace_id IS NOT NULL
  ), oldest AS MATERIALIZED (
    SELECT n.* FROM named n WHERE n.due_at <= statement_timestamp() ORDER BY n.due_at
  ), due AS MATERIALIZED (
    SELECT o.workspace_id, o.portal_id, o.object_type,
           EXISTS (SELECT FROM sync_states s
                    WHERE s.workspace_id = o.workspace_id AND s.portal_id = o.portal_id AND s.object_type = o.object_type
                      AND s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL)
           AND EXISTS (SELECT FROM portals p WHERE p.portal_id = o.portal_id AND p.workspace_id = o.workspace_id AND p.state = 'active')
           AND consumer_behind(o.workspace_id, o.portal_id, o.object_type) IS NULL AS runs
      FROM oldest n, LATERAL (SELECT * FROM sync_passes o
                              WHERE o.workspace_id = n.workspace_id AND o.portal_id = n.portal_id AND o.object_type = n.object_type AND o.pass = 'webhooks'
                                AND o.due_at <= statement_timestamp() AND (o.lease_until IS NULL OR o.lease_until <= statement_timestamp())
                              FOR UPDATE SKIP LOCKED) o
     LIMIT p_most
  )
  UPDATE sync_passes s SET due_at = statement_timestamp() + CASE WHEN d.runs THEN interval '1 minute' ELSE interval '10 minutes' END
    FROM due d WHERE s.workspace_id = d.workspace_id AND s.portal_id = d.portal_id AND s.object_type = d.object_type AND s.pass = 'webhooks'
  RETURNING s.workspace_id, s.portal_id, s.object_type, d.runs
$$;
ALTER FUNCTION webhook_reads_due(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION webhook_reads_due TO sluice_maintenance;
