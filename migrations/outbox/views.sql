-- The outbox in one table, as services before this one had it. A dead letter is not processed.
--   SELECT count(*) FROM outbox_events WHERE processed_at IS NULL
-- Members of sluice_monitor see all workspaces. A login that captures events sees those of the portals it is bound to, in the workspace that
-- held them then: not those of a later holder. One that is bound to every portal sees none, and so does our own API, which serves many tenants.
CREATE OR REPLACE VIEW outbox_events WITH (security_barrier) AS
SELECT e.* FROM (
  SELECT id, NULL::uuid AS workspace_id, portal_id, type AS event_type, payload, captured_at AS created_at, NULL::timestamptz AS processed_at,
         0::smallint AS attempt_count, note AS last_error, NULL::timestamptz AS next_attempt_at, 'captured' AS state
    FROM outbox_inbox
  UNION ALL
  SELECT id, workspace_id, portal_id, type, payload, captured_at, NULL, attempts, last_error, due_at,
         CASE state WHEN 0 THEN 'pending' WHEN 1 THEN 'retrying' ELSE 'held' END
    FROM outbox_pending
  UNION ALL
  SELECT id, workspace_id, portal_id, type, payload, captured_at, NULL, attempts, last_error, NULL, state FROM outbox_dead WHERE state <> 'discarded'
  UNION ALL
  SELECT id, workspace_id, portal_id, type, payload, captured_at, processed_at, attempts, NULL, NULL, mode FROM outbox_history
) e
 WHERE pg_has_role(current_user, 'sluice_monitor', 'MEMBER')
    OR EXISTS (SELECT FROM outbox_capture_portals b
                WHERE b.portal_id = e.portal_id
                  AND b.reader_workspace = coalesce(e.workspace_id, (SELECT p.workspace_id FROM portals p WHERE p.portal_id = e.portal_id))
                  AND pg_has_role(current_user, to_regrole(quote_ident(b.role))::oid, 'MEMBER'));
GRANT SELECT ON outbox_inbox, outbox_capture_portals TO sluice_system;
ALTER VIEW outbox_events OWNER TO sluice_system;
REVOKE ALL ON outbox_events FROM sluice_app;
GRANT SELECT ON outbox_events TO sluice_monitor, sluice_capture;
GRANT USAGE ON SCHEMA public TO sluice_monitor, sluice_capture;
