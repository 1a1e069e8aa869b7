-- Whether records of a type are to be read now for events: some are due, the type is followed, and no failure waits.
CREATE OR REPLACE FUNCTION webhook_has_reads(p_workspace uuid, p_portal bigint, p_object text) RETURNS boolean
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT EXISTS (SELECT FROM webhook_reads r
                  WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.due_at <= statement_timestamp())
     AND EXISTS (SELECT FROM sync_states s
                  WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
                    AND s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL)
     AND EXISTS (SELECT FROM portals p WHERE p.portal_id = p_portal AND p.workspace_id = p_workspace AND p.state = 'active')
     AND consumer_behind(p_workspace, p_portal, p_object) IS NULL
     AND EXISTS (SELECT FROM sync_passes o
                  WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.pass = 'webhooks'
                    AND (o.failures_in_a_row = 0 OR o.due_at <= statement_timestamp()))
$$;
GRANT EXECUTE ON FUNCTION webhook_has_reads TO sluice_app;
