-- Whether a reader still has its place (sync_write_page.sql), and locks the row of its portal and type for the rest of the transaction, before anything
-- is written: with those of the portal's other types, in the order of their names, since what becomes of a record changes associations of theirs.
CREATE OR REPLACE FUNCTION sync_holds_place(p_workspace uuid, p_portal bigint, p_object text, p_epoch int, p_fence int) RETURNS boolean
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  PERFORM FROM sync_states s WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal ORDER BY s.object_type FOR NO KEY UPDATE;
  PERFORM FROM sync_states s JOIN portals p ON p.portal_id = s.portal_id
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND s.fence = p_fence AND s.paused_at IS NULL AND s.ended_at IS NULL
     AND p.workspace_id = p_workspace AND p.epoch = p_epoch AND p.state = 'active'
     FOR NO KEY UPDATE OF s;
  RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION sync_holds_place TO sluice_app;
