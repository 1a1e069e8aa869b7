-- Writes a page that shows merges: those first, then its records and how far its reader is, as sync_write_page does, in one transaction.
CREATE OR REPLACE FUNCTION sync_write_merges(
  p_workspace uuid, p_portal bigint, p_object text, p_epoch int, p_fence int, p_cursor jsonb, p_lease_ms int, p_initial boolean,
  p_read_at timestamptz, p_source text,
  p_id bigint[], p_properties text, p_hash bytea[], p_created timestamptz[], p_modified timestamptz[], p_survivor bigint[], p_loser bigint[]
) RETURNS TABLE (created int, updated int, restored int, stored int, merged int) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  told int;
BEGIN
  IF NOT sync_holds_place(p_workspace, p_portal, p_object, p_epoch, p_fence) THEN RETURN; END IF;
  told := sync_tell_merges(p_workspace, p_portal, p_object, p_read_at, p_source, p_survivor, p_loser,
                           p_id, string_to_array(p_properties, E'\n'), p_hash, p_created, p_modified);
  RETURN QUERY
  SELECT w.created, w.updated, w.restored, w.stored, told
    FROM sync_write_page(p_workspace, p_portal, p_object, p_epoch, p_fence, p_cursor, p_lease_ms, p_initial, p_read_at, p_source,
                         p_id, p_properties, p_hash, p_created, p_modified) w;
END $$;
GRANT EXECUTE ON FUNCTION sync_write_merges TO sluice_app;
