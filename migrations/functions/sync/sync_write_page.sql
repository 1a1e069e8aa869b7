-- Writes a page of records, with the changes in it, and how far its reader is now: all of it or nothing, so a process that dies reads at most this
-- page again. Nothing is written and no row returned where the reader has lost its place: another has taken over (`p_fence`), it was paused, or the
-- portal was installed anew or is being disconnected (`p_epoch`).
--
-- `p_properties`: one JSON object a line. As an array of texts each quote of them would be escaped, sent and read once more.
CREATE OR REPLACE FUNCTION sync_write_page(
  p_workspace uuid, p_portal bigint, p_object text, p_epoch int, p_fence int, p_cursor jsonb, p_lease_ms int, p_initial boolean,
  p_read_at timestamptz, p_source text,
  p_id bigint[], p_properties text, p_hash bytea[], p_created timestamptz[], p_modified timestamptz[]
) RETURNS TABLE (created int, updated int, restored int, stored int) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  w record;
  searched_from float8;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  -- Before anything that writes: one at a time for portal and type (crm_write_records.sql). No lock that other logins could hold.
  SELECT (s.cursor ->> 'from')::float8 INTO searched_from FROM sync_states s JOIN portals p ON p.portal_id = s.portal_id
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND s.fence = p_fence AND s.paused_at IS NULL AND s.ended_at IS NULL
     AND p.workspace_id = p_workspace AND p.epoch = p_epoch AND p.state = 'active'
     FOR NO KEY UPDATE OF s;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT * INTO w FROM crm_write_records(p_workspace, p_portal, p_object, p_read_at, p_source, p_initial,
                                         p_id, string_to_array(p_properties, E'\n'), p_hash, p_created, p_modified);
  UPDATE sync_states s
     SET cursor = p_cursor, live = s.live + w.created + w.restored,
         seen_first = CASE WHEN p_initial OR w.created + w.updated + w.restored = 0 THEN s.seen_first
           ELSE s.seen_first || jsonb_build_object(p_source, coalesce((s.seen_first ->> p_source)::bigint, 0) + w.created + w.updated + w.restored) END,
         loaded = s.loaded + CASE WHEN p_initial THEN cardinality(p_id) ELSE 0 END,
         loaded_at = CASE WHEN p_cursor ->> 'kind' = 'follow' THEN coalesce(s.loaded_at, clock_timestamp()) ELSE s.loaded_at END,
         lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', failures_in_a_row = 0, error_class = NULL, last_error = NULL
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object;
  IF p_source = 'search' AND NOT p_initial AND w.created + w.updated + w.restored > 0 THEN
    PERFORM webhook_missed(p_workspace, p_portal, p_object, w.created + w.updated + w.restored, to_timestamp(searched_from / 1000));
  END IF;
  RETURN QUERY SELECT w.created, w.updated, w.restored, w.stored;
END $$;
GRANT EXECUTE ON FUNCTION sync_write_page TO sluice_app;
