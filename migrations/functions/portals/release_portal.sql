-- Gives a portal to a workspace that has proved to hold the account (or, by force, to which the operator gives it). Across tenants by design;
-- it tells whose it was only to be audited there, under the lock of the portal (src/db/portals/lockPortal.ts).
--   held    another workspace has proved to hold it, and has not disconnected it
--   ending  it is being disconnected where it is: begun here, without its token, when that was never proved to be this account's
--   free    its row is the taker's now, or there is none. What has an ordering or a limit per portal and was the former holder's goes or
--           changes hands with it; what happened there stays there.
-- Lock order: portal, then the tables in the order below.
CREATE OR REPLACE FUNCTION release_portal(p_portal bigint, p_to uuid, p_force boolean)
RETURNS TABLE (result text, changed boolean, former uuid, epoch int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  p portals%ROWTYPE;
BEGIN
  IF p_to <> ALL (coalesce(tenant_workspaces(), '{}')) THEN
    RAISE EXCEPTION 'The transaction does not work for this workspace' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT * INTO p FROM portals WHERE portal_id = p_portal FOR UPDATE;
  IF NOT FOUND OR p.workspace_id = p_to THEN
    RETURN QUERY SELECT 'free', false, NULL::uuid, NULL::int;
    RETURN;
  END IF;
  IF p.state IN ('active', 'reauth_required') THEN
    IF p.verified_at IS NOT NULL AND NOT (p_force AND pg_has_role(session_user, 'sluice_system', 'MEMBER')) THEN
      RETURN QUERY SELECT 'held', false, NULL::uuid, NULL::int;
      RETURN;
    END IF;
    -- A token that was not proved may be anybody's: it is not used to end what waits.
    UPDATE portals o
       SET state = 'disconnecting', state_reason = 'Another workspace has proved to hold the account', state_changed_at = clock_timestamp(),
           epoch = o.epoch + 1, uninstall_requested = false, updated_at = clock_timestamp(), token_version = o.token_version + 1,
           access_token = CASE WHEN p.verified_at IS NOT NULL THEN o.access_token END,
           refresh_token = CASE WHEN p.verified_at IS NOT NULL THEN o.refresh_token END,
           token_expires_at = CASE WHEN p.verified_at IS NOT NULL THEN o.token_expires_at END
     WHERE o.portal_id = p_portal;
    RETURN QUERY SELECT 'ending', true, p.workspace_id, p.epoch + 1;
    RETURN;
  END IF;
  IF p.state = 'disconnecting' OR EXISTS (SELECT FROM executions e WHERE e.portal_id = p_portal) THEN
    RETURN QUERY SELECT 'ending', false, p.workspace_id, p.epoch;
    RETURN;
  END IF;

  UPDATE portals o
     SET workspace_id = p_to, name = NULL, hub_domain = NULL, scopes = '{}', access_token = NULL, refresh_token = NULL, token_expires_at = NULL,
         token_version = o.token_version + 1, epoch = o.epoch + 1, resumed_epoch = o.epoch + 1, verified_at = NULL, refreshed_at = NULL,
         used_at = NULL, refresh_error = NULL, refresh_failures = 0, refresh_not_before = NULL, throttle_enabled = true, sync_enabled = false, events_enabled = false,
         state_reason = 'It was given to this workspace: connect it', state_changed_at = clock_timestamp(), updated_at = clock_timestamp()
   WHERE o.portal_id = p_portal;
  -- Their keys are unique per portal; the history of the former holder still names the lanes.
  UPDATE lanes l SET key = 'until ' || (p.epoch + 1) || ' ' || l.key WHERE l.portal_id = p_portal AND l.workspace_id = p.workspace_id;
  DELETE FROM action_rates r WHERE r.portal_id = p_portal;
  DELETE FROM portal_settings s WHERE s.portal_id = p_portal;
  DELETE FROM execution_keys k WHERE k.portal_id = p_portal;
  UPDATE budget_rings b SET workspace_id = p_to WHERE b.portal_id = p_portal;
  UPDATE budget_slots b SET workspace_id = p_to WHERE b.portal_id = p_portal;
  UPDATE call_counts c SET workspace_id = p_to WHERE c.portal_id = p_portal;
  WITH gone AS (DELETE FROM outbox_pending e WHERE e.portal_id = p_portal RETURNING e.*)
  INSERT INTO outbox_dead (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts,
                           state, error_class, last_error, effects, reason, died_at)
  SELECT g.id, g.workspace_id, g.portal_id, g.type, g.version, g.ordering_key, g.event_key, g.payload, g.occurred_at, g.captured_at, g.attempts,
         'dead', 'disconnected', 'The portal is another workspace''s now', g.effects,
         'The portal is another workspace''s now', clock_timestamp()
    FROM gone g;
  DELETE FROM outbox_holds h WHERE h.portal_id = p_portal;
  DELETE FROM outbox_claims c WHERE c.portal_id = p_portal;
  DELETE FROM outbox_portals o WHERE o.portal_id = p_portal;
  RETURN QUERY SELECT 'free', true, p.workspace_id, p.epoch + 1;
END $$;
ALTER FUNCTION release_portal(bigint, uuid, boolean) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION release_portal TO sluice_app;
