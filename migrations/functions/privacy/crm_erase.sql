-- Takes records out of the mirror for good, and tells the feed, without any of their data: what is erased of them elsewhere follows
-- (src/services/privacy). Returns how many were in the mirror. Who asks holds the lock of portal and type; `p_marks`: crm_mark of `p_ids`.
CREATE OR REPLACE FUNCTION crm_erase(p_workspace uuid, p_portal bigint, p_object text, p_ids bigint[], p_marks bytea[]) RETURNS int
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  removed int;
  were_live int;
BEGIN
  WITH gone AS (
    DELETE FROM crm_records r WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = ANY (p_ids)
    RETURNING r.archived_at
  ) SELECT count(*)::int, (count(*) FILTER (WHERE archived_at IS NULL))::int INTO removed, were_live FROM gone;
  UPDATE sync_states s SET live = s.live - were_live
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND were_live > 0;
  -- Each is told once, however often it is erased.
  WITH new AS (
    INSERT INTO crm_tombstones (workspace_id, portal_id, object_type, mark)
    SELECT p_workspace, p_portal, p_object, u.mark FROM unnest(p_marks) AS u (mark) ORDER BY u.mark
    ON CONFLICT DO NOTHING RETURNING mark
  )
  INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
  SELECT p_workspace, crm_generation(), p_portal, p_object, u.id, 'Erased', false, '{}', clock_timestamp()
    FROM unnest(p_ids, p_marks) AS u (id, mark) WHERE u.mark IN (SELECT n.mark FROM new n) ORDER BY u.id;
  RETURN removed;
END $$;
GRANT EXECUTE ON FUNCTION crm_erase TO sluice_app;
