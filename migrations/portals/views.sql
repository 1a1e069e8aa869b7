-- The portals under the name and with the columns that SQL of a service before this one reads. Tokens are never shown; times are in UTC.
-- It shows all workspaces, so it is for members of sluice_monitor.
CREATE OR REPLACE VIEW hubspot_integrations AS
  SELECT md5(workspace_id::text || '/' || portal_id)::uuid AS id, workspace_id, portal_id::text AS hub_id,
         NULL::text AS access_token, NULL::text AS refresh_token, token_expires_at AT TIME ZONE 'UTC' AS expires_at, scopes,
         installed_at AT TIME ZONE 'UTC' AS created_at, updated_at AT TIME ZONE 'UTC' AS updated_at
    FROM portals WHERE state <> 'disconnected';
ALTER VIEW hubspot_integrations OWNER TO sluice_system;
REVOKE ALL ON hubspot_integrations FROM sluice_app;
GRANT SELECT ON hubspot_integrations TO sluice_monitor;
