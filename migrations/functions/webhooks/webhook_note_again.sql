-- Notes how many of these records, of which webhooks have told, another source had brought within the last quarter of an hour. In a transaction that holds
-- the row of portal and type.
CREATE OR REPLACE FUNCTION webhook_note_again(p_workspace uuid, p_portal bigint, p_object text, p_ids bigint[]) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  WITH again AS MATERIALIZED (
    SELECT count(*) AS n FROM unnest(p_ids) AS u (id)
     WHERE (SELECT r.source IN ('search', 'settled', 'archived', 'audit', 'calculated', 'aside') AND r.read_at > now() - interval '15 minutes'
              FROM crm_records r
             WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = u.id)
  )
  UPDATE sync_states s SET seen_again = s.seen_again || jsonb_build_object('webhook', coalesce((s.seen_again ->> 'webhook')::bigint, 0) + a.n)
    FROM again a
   WHERE a.n > 0 AND s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
$$;
GRANT EXECUTE ON FUNCTION webhook_note_again TO sluice_app;
