-- A poll has brought so many changes of a type that HubSpot tells of: by the webhooks journal, or by webhooks, of which one came within a week. They were
-- missed, until HubSpot tells of them after all (webhook_note_again.sql). Not where they may be older than the type's load or its last pause, when HubSpot
-- had nobody to tell, nor while it tells of more than may wait one by one, so that a search is what brings them (webhook_look_together.sql): what the poll
-- shows has changed since `p_since`; null: nobody knows since when. In a transaction that holds the row of portal and type.
CREATE OR REPLACE FUNCTION webhook_missed(p_workspace uuid, p_portal bigint, p_object text, p_changed bigint, p_since timestamptz) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE sync_states s SET missed = s.missed + p_changed, missed_in_a_row = s.missed_in_a_row + p_changed
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
     AND p_since >= greatest(s.missed_from, s.loaded_at)
     AND (s.told_since IS NOT NULL
          OR (SELECT c.last_received_at > clock_timestamp() - interval '7 days' FROM webhook_counts c
               WHERE c.workspace_id = p_workspace AND c.portal_id = p_portal AND c.object_type = p_object))
     AND NOT EXISTS (SELECT FROM webhook_reads r
                      WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.record_id = 0 AND r.due_at IS NOT NULL)
$$;
GRANT EXECUTE ON FUNCTION webhook_missed TO sluice_app;
