-- Workspaces whose audit chain has grown since the newest head by this key, and was not signed for so long. Across
-- tenants by design; it returns nothing but ids.
CREATE OR REPLACE FUNCTION audit_chains_to_sign(p_key_id text, p_older_than_ms bigint) RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.workspace_id
    FROM audit_chains c
    LEFT JOIN LATERAL (SELECT h.seq, h.signed_at FROM audit_heads h
                        WHERE h.workspace_id = c.workspace_id AND h.key_id = p_key_id
                        ORDER BY h.seq DESC LIMIT 1) newest ON true
   WHERE c.seq > 0
     AND (newest.seq IS NULL
          OR newest.seq <> c.seq AND newest.signed_at < statement_timestamp() - p_older_than_ms * interval '1 millisecond')
   ORDER BY c.workspace_id
$$;
ALTER FUNCTION audit_chains_to_sign(text, bigint) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION audit_chains_to_sign TO sluice_maintenance;
