-- The records of a type that have waited longest to be read for events, of those that were due by `p_until` (null: now, which is told). Either those that
-- are to be erased or the others. What is named again while it is read is due later than that (webhook_end_reads.sql), so a round ends.
CREATE OR REPLACE FUNCTION webhook_next_reads(p_workspace uuid, p_portal bigint, p_object text, p_erases boolean, p_until timestamptz, p_most int)
RETURNS TABLE (record_id bigint, version bigint, associations boolean, tries int, until timestamptz, source text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
  until_when timestamptz := coalesce(p_until, clock_timestamp());
BEGIN
  IF p_erases THEN
    RETURN QUERY
    SELECT r.record_id, r.version, r.associations, r.tries, until_when, r.source FROM webhook_reads r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.erases AND r.due_at <= until_when
     ORDER BY r.due_at LIMIT p_most;
  ELSE
    RETURN QUERY
    SELECT r.record_id, r.version, r.associations, r.tries, until_when, r.source FROM webhook_reads r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND NOT r.erases AND r.due_at <= until_when
     ORDER BY r.due_at LIMIT p_most;
  END IF;
END $$;
GRANT EXECUTE ON FUNCTION webhook_next_reads TO sluice_app;
