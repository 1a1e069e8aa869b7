-- Notices whose delivery has not been started, or was started four days ago, so that it must have got lost. They are taken for half a
-- minute: who has started one says so (src/db/workspaces/notices.ts), and one whose process has died is taken again. Across tenants by
-- design: ids and kinds only.
CREATE OR REPLACE FUNCTION notices_to_deliver(p_most int) RETURNS TABLE (workspace_id uuid, notice_id bigint, kind text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE notices n SET started_at = clock_timestamp() - interval '4 days' + interval '30 seconds'
   WHERE n.id IN (SELECT c.id FROM notices c
                   WHERE c.state = 'pending'
                     AND (c.started_at IS NULL OR c.started_at < statement_timestamp() - interval '4 days')
                   ORDER BY c.id LIMIT p_most FOR UPDATE SKIP LOCKED)
  RETURNING n.workspace_id, n.id, n.kind
$$;
ALTER FUNCTION notices_to_deliver(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION notices_to_deliver TO sluice_maintenance;
