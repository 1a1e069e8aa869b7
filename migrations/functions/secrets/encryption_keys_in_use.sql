-- The keys of ENCRYPTION_KEYS that the database needs: those that wrap data keys, and those that sealed values
-- themselves (form v1). Across tenants by design: ids of keys and counts, nothing else. The columns are those of
-- src/db/secrets/sealedColumns.ts, without those that came after that form; a test compares them.
CREATE OR REPLACE FUNCTION encryption_keys_in_use() RETURNS TABLE (key_id text, data_keys int, sealed_values int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.key_id, sum(u.wraps)::int, sum(u.seals)::int
    FROM (
      SELECT kek_id AS key_id, 1 AS wraps, 0 AS seals FROM data_keys
      UNION ALL
      SELECT split_part(v.sealed, '.', 2), 0, 1
        FROM (
          SELECT access_token AS sealed FROM portals
          UNION ALL SELECT refresh_token FROM portals
          UNION ALL SELECT code_verifier FROM oauth_states
          UNION ALL SELECT notify_secret FROM workspaces
          UNION ALL SELECT tombstone_secret FROM workspaces
          UNION ALL SELECT secret FROM crm_consumers
          UNION ALL SELECT sealed_answer FROM idempotency_keys
        ) v
       WHERE v.sealed LIKE 'v1.%'
    ) u
   GROUP BY u.key_id ORDER BY u.key_id
$$;
ALTER FUNCTION encryption_keys_in_use() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION encryption_keys_in_use TO sluice_app;
