-- HubSpot has told of these records, by webhooks or by their journal (`p_source`): notes how many of them something else had brought within the last quarter
-- of an hour. Those that a poll had brought were not missed, and nothing of the type is missing now (webhook_missed.sql). In a transaction that holds the
-- row of portal and type, before what was read of them is written.
CREATE OR REPLACE FUNCTION webhook_note_again(p_workspace uuid, p_portal bigint, p_object text, p_ids bigint[], p_source text) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  WITH again AS MATERIALIZED (
    SELECT count(*) AS n, count(*) FILTER (WHERE r.source NOT IN ('calculated', 'aside') AND r.changed_at >= s.counted_from) AS polled
      FROM unnest(p_ids) AS u (id),
           LATERAL (SELECT r.source, coalesce(r.archived_at, r.modified_at) AS changed_at FROM crm_records r
                     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = u.id
                       AND r.source IN ('search', 'settled', 'archived', 'audit', 'calculated', 'aside')
                       AND r.read_at > now() - interval '15 minutes') r,
           LATERAL (SELECT coalesce(greatest(s.missed_from, s.loaded_at), '-infinity') AS counted_from FROM sync_states s
                     WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object) s
  )
  UPDATE sync_states s
     SET seen_again = CASE WHEN a.n = 0 THEN s.seen_again
                           ELSE s.seen_again || jsonb_build_object(p_source, coalesce((s.seen_again ->> p_source)::bigint, 0) + a.n) END,
         missed = greatest(0, s.missed - a.polled), missed_in_a_row = 0
    FROM again a
   WHERE (a.n > 0 OR s.missed_in_a_row > 0) AND s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
$$;
GRANT EXECUTE ON FUNCTION webhook_note_again TO sluice_app;
