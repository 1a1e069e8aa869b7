-- Adds an entry to the audit chain of a workspace; the only way to do so: the application may read the chain and
-- nothing else. The row of the chain serialises the entries of one workspace until the caller's transaction ends, so
-- callers add theirs last. The hash covers each field in UTF-8 with its length in bytes before it (`-` for null), so
-- that no two entries read alike. src/domain/audit/chain.ts computes the same outside of the database; a change here
-- needs a new first field.
CREATE OR REPLACE FUNCTION audit_append(
  p_workspace uuid, p_actor text, p_operation text, p_portal bigint, p_subject jsonb, p_result text
) RETURNS TABLE (seq bigint, at timestamptz, hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_seq bigint;
  v_at timestamptz;
  v_previous bytea;
  v_hash bytea;
BEGIN
  IF p_workspace <> ALL (coalesce(tenant_workspaces(), '{}')) THEN
    RAISE EXCEPTION 'The transaction does not work for the workspace whose audit chain it would extend'
      USING ERRCODE = 'insufficient_privilege';
  END IF;

  INSERT INTO audit_chains AS c (workspace_id, seq, hash) VALUES (p_workspace, 0, sha256(''))
  ON CONFLICT DO NOTHING;
  SELECT c.seq + 1, c.hash INTO STRICT v_seq, v_previous FROM audit_chains c
   WHERE c.workspace_id = p_workspace FOR UPDATE;
  v_at := clock_timestamp();

  SELECT sha256(string_agg(
           coalesce(octet_length(f.value)::text, '-')::bytea || ':'::bytea || coalesce(f.value, ''::bytea),
           ''::bytea ORDER BY f.place))
    INTO v_hash
    FROM (SELECT u.place, convert_to(u.field, 'UTF8') AS value
            FROM unnest(ARRAY[
                   'sluice-audit-1', p_workspace::text, v_seq::text,
                   trunc(extract(epoch FROM v_at) * 1000000)::bigint::text,
                   p_actor, p_operation, p_portal::text, p_subject::text, p_result, encode(v_previous, 'hex')
                 ]) WITH ORDINALITY AS u (field, place)) f;

  INSERT INTO audit_entries (workspace_id, seq, at, actor, operation, portal_id, subject, result, previous_hash, hash)
  VALUES (p_workspace, v_seq, v_at, p_actor, p_operation, p_portal, p_subject, p_result, v_previous, v_hash);
  UPDATE audit_chains c SET seq = v_seq, hash = v_hash WHERE c.workspace_id = p_workspace;
  RETURN QUERY SELECT v_seq, v_at, v_hash;
END $$;
ALTER FUNCTION audit_append(uuid, text, text, bigint, jsonb, text) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION audit_append TO sluice_app;
