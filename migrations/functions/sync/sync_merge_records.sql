-- What sync_tell_merges does, for a reader that still has its place. Null where it has lost it.
CREATE OR REPLACE FUNCTION sync_merge_records(
  p_workspace uuid, p_portal bigint, p_object text, p_epoch int, p_fence int, p_read_at timestamptz, p_source text,
  p_survivor bigint[], p_loser bigint[],
  p_id bigint[], p_properties text[], p_hash bytea[], p_created timestamptz[], p_modified timestamptz[]
) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF NOT sync_holds_place(p_workspace, p_portal, p_object, p_epoch, p_fence) THEN RETURN NULL; END IF;
  RETURN sync_tell_merges(p_workspace, p_portal, p_object, p_read_at, p_source, p_survivor, p_loser,
                          p_id, p_properties, p_hash, p_created, p_modified);
END $$;
GRANT EXECUTE ON FUNCTION sync_merge_records TO sluice_app;
