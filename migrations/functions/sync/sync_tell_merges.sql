-- Tells of merges as crm_merge_records does, and the counter follows. Returns how many. Its caller holds the lock of portal and type.
CREATE OR REPLACE FUNCTION sync_tell_merges(
  p_workspace uuid, p_portal bigint, p_object text, p_read_at timestamptz, p_source text, p_survivor bigint[], p_loser bigint[],
  p_id bigint[], p_properties text[], p_hash bytea[], p_created timestamptz[], p_modified timestamptz[]
) RETURNS int LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  m record;
BEGIN
  SELECT * INTO m FROM crm_merge_records(p_workspace, p_portal, p_object, p_read_at, p_source, p_survivor, p_loser,
                                         p_id, p_properties, p_hash, p_created, p_modified);
  UPDATE sync_states s SET live = s.live + m.came
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND m.came <> 0;
  RETURN m.merged;
END $$;
GRANT EXECUTE ON FUNCTION sync_tell_merges TO sluice_app;
