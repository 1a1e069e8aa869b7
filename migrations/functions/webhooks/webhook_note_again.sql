-- HubSpot has told of these records, by webhooks or by their journal (`p_source`): notes how many of them a poll had brought within the last quarter of an
-- hour. Those were not missed, and nothing of the type is missing now (webhook_missed.sql). In a transaction that holds the row of portal and type.
CREATE OR REPLACE FUNCTION webhook_note_again(p_workspace uuid, p_portal bigint, p_object text, p_ids bigint[], p_source text) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  WITH again AS MATERIALIZED (
    SELECT count(*) AS n FROM unnest(p_ids) AS u (id)
     WHERE (SELECT r.source IN ('search', 'settled', 'archived', 'audit', 'calculated', 'aside') AND r.read_at > now() - interval '15 minutes'
              FROM crm_records r
             WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = u.id)
  )
  UPDATE sync_states s
     SET seen_again = CASE WHEN a.n = 0 THEN s.seen_again
                           ELSE s.seen_again || jsonb_build_object(p_source, coalesce((s.seen_again ->> p_source)::bigint, 0) + a.n) END,
         missed = greatest(0, s.missed - a.n), missed_in_a_row = 0
    FROM again a
   WHERE (a.n > 0 OR s.missed_in_a_row > 0) AND s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
$$;
GRANT EXECUTE ON FUNCTION webhook_note_again TO sluice_app;
