-- Finds a link by its token, which is all that a browser brings. Nothing for a link that has expired, or by which an
-- install was completed.
CREATE OR REPLACE FUNCTION open_install_link(p_token_hash bytea)
RETURNS TABLE (id uuid, workspace_id uuid, expected_portal_id bigint, return_to text, features text[], access text[], actor text,
               expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT l.id, l.workspace_id, l.expected_portal_id, l.return_to, l.features, l.access, l.actor, l.expires_at
    FROM install_links l
   WHERE l.token_hash = p_token_hash AND l.completed_at IS NULL AND l.expires_at > clock_timestamp()
$$;
ALTER FUNCTION open_install_link(bytea) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION open_install_link TO sluice_app;
