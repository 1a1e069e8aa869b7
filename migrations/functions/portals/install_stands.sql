-- Whether what HubSpot granted to an install may still be stored, when that could not be done while its page waited: what has become of its
-- link and of the account since its state was used up. The caller holds the lock of the portal (src/db/portals/lockPortal.ts).
-- Across tenants by design: the account may be another workspace's by now, of which it tells nothing but that.
--   stands        as it was then
--   stored        by this install, or by another one of its link
--   connected     by another way since
--   disconnected  by the workspace since
--   moved         another workspace has connected it, or was given it, since
--   link_used     its link has connected another account since
--   not_here      its link is not there: the database is older than it
CREATE OR REPLACE FUNCTION install_stands(p_portal bigint, p_workspace uuid, p_link uuid, p_since timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  p portals%ROWTYPE;
  link_used boolean;
  given boolean;
BEGIN
  IF p_workspace <> ALL (coalesce(tenant_workspaces(), '{}')) THEN
    RAISE EXCEPTION 'The transaction does not work for this workspace' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT coalesce(l.completed_at > p_since, false) INTO link_used FROM install_links l WHERE l.id = p_link AND l.workspace_id = p_workspace;
  IF NOT FOUND THEN RETURN 'not_here'; END IF;
  SELECT * INTO p FROM portals WHERE portal_id = p_portal;
  -- As release_portal leaves it with whoever is to connect it.
  given := p.state = 'disconnected' AND p.state_reason = 'It was given to this workspace: connect it';
  IF p.workspace_id = p_workspace THEN
    IF p.installed_at > p_since THEN RETURN CASE WHEN link_used THEN 'stored' ELSE 'connected' END; END IF;
    IF p.state_changed_at > p_since THEN
      IF p.state = 'active' AND p.auth = 'private_app' THEN RETURN 'connected'; END IF;
      IF p.state IN ('disconnecting', 'disconnected') AND NOT given THEN RETURN 'disconnected'; END IF;
    END IF;
  ELSIF p.state_changed_at > p_since AND (given OR p.state = 'active') THEN
    RETURN 'moved';
  END IF;
  RETURN CASE WHEN link_used THEN 'link_used' ELSE 'stands' END;
END $$;
ALTER FUNCTION install_stands(bigint, uuid, uuid, timestamptz) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION install_stands TO sluice_app;
