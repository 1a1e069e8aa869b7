-- Records of one portal and type are in HubSpot's recycle bin, as a read that began at `p_read_at` showed them: they leave the mirror's live records,
-- and the feed tells of each once, with the values that it had, after its associations, which end with it. Returns how many.
--
-- A record that a later read has shown changes nothing, nor one that is archived already. One that the mirror never had is nobody's loss.
--
-- Its caller holds the lock of portal and type, as of crm_write_records.
CREATE OR REPLACE FUNCTION crm_archive_records(
  p_workspace uuid, p_portal bigint, p_object text, p_read_at timestamptz, p_source text, p_id bigint[], p_archived timestamptz[]
) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  now_generation smallint := crm_generation();
  gone_ids bigint[];
  told int;
BEGIN
  WITH gone AS (
    UPDATE crm_records r
       SET archived_at = p_archived[array_position(p_id, r.id)], read_at = p_read_at, source = p_source, version = r.version + 1
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = ANY (p_id)
       AND r.archived_at IS NULL AND r.read_at <= p_read_at
    RETURNING r.id
  )
  SELECT array_agg(g.id) INTO gone_ids FROM gone g;
  IF gone_ids IS NULL THEN RETURN 0; END IF;
  IF crm_has_edges(p_workspace, p_portal, p_object, gone_ids) THEN
    PERFORM crm_move_edges(p_workspace, p_portal, p_object, gone_ids, array_fill(NULL::bigint, ARRAY[cardinality(gone_ids)]), p_read_at);
  END IF;
  INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, changed, happened_at)
  SELECT p_workspace, now_generation, p_portal, p_object, r.id, 'Deleted', r.properties, r.archived_at FROM crm_records r
   WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = ANY (gone_ids) ORDER BY r.id;
  GET DIAGNOSTICS told = ROW_COUNT;
  RETURN told;
END $$;
GRANT EXECUTE ON FUNCTION crm_archive_records TO sluice_app;
