-- Opens the transaction in which a pass writes a step: it locks the row of portal and type, before anything that writes (sync_write_page.sql), and
-- stores how far the pass is with this step. False, and nothing is to be written: another has taken over (`p_fence`), the type was paused, or the
-- portal was installed anew or is being disconnected (`p_epoch`).
--
-- `p_is_wide`: the step may delete or merge records, which changes associations of the portal's other types: their rows are locked with it, in the order
-- of their names, so that no two wait for each other, and no page of another type says meanwhile that it has what is deleted here.
CREATE OR REPLACE FUNCTION sync_enter_pass(
  p_workspace uuid, p_portal bigint, p_object text, p_pass text, p_epoch int, p_fence int, p_cursor jsonb, p_seen int, p_lease_ms int, p_is_wide boolean
) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  IF p_is_wide THEN
    PERFORM FROM sync_states s WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal ORDER BY s.object_type FOR NO KEY UPDATE;
  END IF;
  PERFORM FROM sync_states s JOIN portals p ON p.portal_id = s.portal_id
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND s.paused_at IS NULL AND s.ended_at IS NULL
     AND p.workspace_id = p_workspace AND p.epoch = p_epoch AND p.state = 'active'
     FOR NO KEY UPDATE OF s;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE sync_passes o
     SET cursor = p_cursor, seen = o.seen + p_seen, lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond',
         failures_in_a_row = 0, error_class = NULL, last_error = NULL
   WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.pass = p_pass AND o.fence = p_fence;
  RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION sync_enter_pass TO sluice_app;
