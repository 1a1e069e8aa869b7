-- Finds a key by its hash: a request brings a key and nothing else. Across tenants by design; without the key nobody
-- can ask for it.
CREATE OR REPLACE FUNCTION find_api_key(p_hash bytea) RETURNS TABLE (
  id uuid, workspace_id uuid, scopes text[], expires_at timestamptz, revoked boolean, expired boolean, key_hash bytea
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.id, k.workspace_id, k.scopes, k.expires_at, k.revoked_at IS NOT NULL,
         coalesce(k.expires_at <= clock_timestamp(), false), k.key_hash
    FROM api_keys k WHERE k.key_hash = p_hash
$$;
ALTER FUNCTION find_api_key(bytea) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION find_api_key TO sluice_app;
