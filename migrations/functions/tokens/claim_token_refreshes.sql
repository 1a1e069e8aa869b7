-- Tries the locks of token refreshes (src/db/tokens/tokenLocks.ts): locks of this session, tried and never waited for.
-- `changed`: the token has another version than the caller knows, so there is nothing to refresh; then the lock is
-- released at once. The version is read after the lock was tried, in a statement of its own, so that it sees what the
-- former holder committed. Across tenants by design: versions only.
CREATE OR REPLACE FUNCTION claim_token_refreshes(p_portals bigint[], p_versions int[])
RETURNS TABLE (portal_id bigint, result text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_key bigint;
  v_got boolean;
  v_version int;
BEGIN
  FOR i IN 1 .. cardinality(p_portals) LOOP
    v_key := hashtextextended('token/' || p_portals[i], 0);
    v_got := pg_try_advisory_lock(v_key);
    SELECT p.token_version INTO v_version FROM portals p WHERE p.portal_id = p_portals[i];
    portal_id := p_portals[i];
    IF v_version IS DISTINCT FROM p_versions[i] THEN
      IF v_got THEN PERFORM pg_advisory_unlock(v_key); END IF;
      result := 'changed';
    ELSE
      result := CASE WHEN v_got THEN 'claimed' ELSE 'busy' END;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
ALTER FUNCTION claim_token_refreshes(bigint[], int[]) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION claim_token_refreshes TO sluice_app;
