-- A poll has brought so many changes of a type that HubSpot tells of: by the webhooks journal, or by webhooks, of which one came within a week. They were
-- missed, until HubSpot tells of them after all (webhook_note_again.sql). In a transaction that holds the row of portal and type.
CREATE OR REPLACE FUNCTION webhook_missed(p_workspace uuid, p_portal bigint, p_object text, p_changed bigint) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE sync_states s SET missed = s.missed + p_changed, missed_in_a_row = s.missed_in_a_row + p_changed
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
     AND (s.told_since IS NOT NULL
          OR (SELECT c.last_received_at > clock_timestamp() - interval '7 days' FROM webhook_counts c
               WHERE c.workspace_id = p_workspace AND c.portal_id = p_portal AND c.object_type = p_object))
$$;
GRANT EXECUTE ON FUNCTION webhook_missed TO sluice_app;
