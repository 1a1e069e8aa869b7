-- Has the records read once more that events of a time have named (`p_from` to `p_to`, as they were received), a thousand events or so at a time: behind
-- `p_after_at` and `p_after_key`. Of types that are followed; an erasure is done again, which finds nothing. While as many wait as may wait one by one nothing
-- is asked for (`is_full`), and the caller comes again with the same place. `p_dry`: it says how many it would be.
CREATE OR REPLACE FUNCTION webhook_replay(
  p_workspace uuid, p_portal bigint, p_object text, p_from timestamptz, p_to timestamptz, p_after_at timestamptz, p_after_key bytea, p_most int, p_most_alone int,
  p_dry boolean
) RETURNS TABLE (events int, records int, is_full boolean, next_at timestamptz, next_key bytea)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  waiting int;
BEGIN
  SELECT count(*) INTO waiting FROM (SELECT FROM webhook_reads r WHERE r.workspace_id = p_workspace AND r.due_at IS NOT NULL LIMIT p_most_alone) o;
  IF NOT p_dry AND waiting >= p_most_alone THEN
    RETURN QUERY SELECT 0, 0, true, p_after_at, p_after_key;
    RETURN;
  END IF;
  RETURN QUERY
  WITH walked AS MATERIALIZED (
    SELECT e.received_at, e.key, e.portal_id, e.object_type, e.record_id, e.subscription_type
      FROM webhook_events e
     WHERE e.workspace_id = p_workspace AND e.received_at >= p_from AND e.received_at < p_to
       AND (p_after_at IS NULL OR (e.received_at, e.key) > (p_after_at, p_after_key))
     ORDER BY e.received_at, e.key LIMIT p_most
  ), named AS MATERIALIZED (
    SELECT w.portal_id, w.object_type, w.record_id,
           bool_or(split_part(w.subscription_type, '.', 2) IN ('associationChange', 'creation', 'merge', 'restore')) AS associations,
           bool_or(split_part(w.subscription_type, '.', 2) = 'privacyDeletion') AS erases
      FROM walked w
     WHERE w.record_id IS NOT NULL AND (p_portal IS NULL OR w.portal_id = p_portal) AND (p_object IS NULL OR w.object_type = p_object)
       AND (SELECT s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL FROM sync_states s
             WHERE s.workspace_id = p_workspace AND s.portal_id = w.portal_id AND s.object_type = w.object_type)
     GROUP BY w.portal_id, w.object_type, w.record_id
  ), asked AS (
    INSERT INTO webhook_reads AS r (workspace_id, portal_id, object_type, record_id, associations, erases)
    SELECT p_workspace, n.portal_id, n.object_type, n.record_id, n.associations, n.erases FROM named n WHERE NOT p_dry
     ORDER BY n.portal_id, n.object_type, n.record_id
    ON CONFLICT ON CONSTRAINT webhook_reads_workspace_id_portal_id_object_type_record_id_pk
      DO UPDATE SET version = EXCLUDED.version, associations = r.associations OR EXCLUDED.associations, erases = r.erases OR EXCLUDED.erases,
                    due_at = coalesce(r.due_at, EXCLUDED.due_at), tries = CASE WHEN r.ended_at IS NULL THEN r.tries ELSE 0 END, ended_at = NULL
  ), last AS (
    SELECT w.received_at, w.key FROM walked w ORDER BY w.received_at DESC, w.key DESC LIMIT 1
  )
  SELECT (SELECT count(*)::int FROM walked w
           WHERE (p_portal IS NULL OR w.portal_id = p_portal) AND (p_object IS NULL OR w.object_type = p_object)),
         (SELECT count(*)::int FROM named), false,
         CASE WHEN (SELECT count(*) FROM walked) = p_most THEN (SELECT l.received_at FROM last l) END,
         CASE WHEN (SELECT count(*) FROM walked) = p_most THEN (SELECT l.key FROM last l) END;
END $$;
GRANT EXECUTE ON FUNCTION webhook_replay TO sluice_app;
