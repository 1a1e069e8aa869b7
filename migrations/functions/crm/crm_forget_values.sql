-- Removes what is kept of these records beside them, to find and to sort them by. Called where the records themselves are removed.
CREATE OR REPLACE FUNCTION crm_forget_values(p_workspace uuid, p_portal bigint, p_object text, p_id bigint[]) RETURNS void LANGUAGE sql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
  DELETE FROM crm_values v
   WHERE v.workspace_id = p_workspace AND v.portal_id = p_portal AND v.object_type = p_object
     AND v.record_id = ANY (p_id)
$$;
GRANT EXECUTE ON FUNCTION crm_forget_values TO sluice_app, sluice_system;
