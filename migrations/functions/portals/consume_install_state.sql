-- Uses up the state that comes back from HubSpot, by this very statement: of two callers that bring the same state, one
-- gets the row. Returns nothing for a state that is unknown, expired, used, or begun in another browser; callers cannot
-- learn which.
CREATE OR REPLACE FUNCTION consume_install_state(p_state_hash bytea, p_browser_hash bytea)
RETURNS TABLE (workspace_id uuid, link_id uuid, code_verifier text, redirect_uri text, return_to text, scopes text[],
               optional_scopes text[], expected_portal_id bigint, features text[], access text[], actor text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE oauth_states s SET used_at = clock_timestamp()
    FROM install_links l
   WHERE s.state_hash = p_state_hash AND s.browser_hash = p_browser_hash AND s.used_at IS NULL
     AND s.expires_at > clock_timestamp() AND l.id = s.link_id
  RETURNING s.workspace_id, s.link_id, s.code_verifier, s.redirect_uri, s.return_to, s.scopes, s.optional_scopes,
            s.expected_portal_id, l.features, l.access, s.actor
$$;
ALTER FUNCTION consume_install_state(bytea, bytea) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION consume_install_state TO sluice_app;
