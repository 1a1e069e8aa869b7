-- What sync_tell_deletes does, for a reader that still has its place. No row where it has lost it.
CREATE OR REPLACE FUNCTION sync_delete_records(
  p_workspace uuid, p_portal bigint, p_object text, p_epoch int, p_fence int, p_read_at timestamptz, p_source text,
  p_id bigint[], p_archived timestamptz[]
) RETURNS TABLE (deleted int, held int) LANGUAGE plpgsql AS $$
BEGIN
  IF NOT sync_holds_place(p_workspace, p_portal, p_object, p_epoch, p_fence) THEN RETURN; END IF;
  RETURN QUERY SELECT d.deleted, d.held FROM sync_tell_deletes(p_workspace, p_portal, p_object, p_read_at, p_source, p_id, p_archived, false) d;
END $$;
GRANT EXECUTE ON FUNCTION sync_delete_records TO sluice_app;
