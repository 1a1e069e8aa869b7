-- Records of a type that were named beyond those that may wait one by one (webhook_take.sql) are looked for together, from now on: what has changed by the
-- follow's search, associations that changed by a round over all of them, and deletes by a round over the recycle bin. In a transaction that holds the row
-- of portal and type, like each of those.
CREATE OR REPLACE FUNCTION webhook_look_together(p_workspace uuid, p_portal bigint, p_object text) RETURNS void
LANGUAGE sql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH asked AS MATERIALIZED (
    SELECT r.associations, r.deletes FROM webhook_reads r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.record_id = 0
  ), follows AS (
    UPDATE sync_states s
       SET due_at = least(s.due_at, clock_timestamp()), missed_from = clock_timestamp(),
           associations_behind_since = CASE WHEN a.associations THEN clock_timestamp() ELSE s.associations_behind_since END
      FROM asked a WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object
  )
  UPDATE sync_passes s
     -- One that is under way comes once more when it has ended.
     SET due_at = CASE WHEN s.lease_until > clock_timestamp() THEN clock_timestamp() ELSE least(s.due_at, clock_timestamp()) END
    FROM asked a
   WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object AND s.failures_in_a_row = 0
     AND (s.pass = 'associations' AND a.associations OR s.pass = 'archived' AND a.deletes)
$$;
GRANT EXECUTE ON FUNCTION webhook_look_together TO sluice_app;
