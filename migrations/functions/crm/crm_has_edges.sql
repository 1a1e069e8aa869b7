-- Whether any of these records of a type has an association, from it or to it.
CREATE OR REPLACE FUNCTION crm_has_edges(p_workspace uuid, p_portal bigint, p_object text, p_id bigint[]) RETURNS boolean
LANGUAGE sql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT EXISTS (SELECT FROM unnest(p_id) AS u (id)
                  WHERE (SELECT true FROM crm_edges e
                          WHERE e.workspace_id = p_workspace AND e.portal_id = p_portal AND e.from_type = p_object AND e.from_id = u.id
                            AND e.removed_at IS NULL LIMIT 1)
                     OR (SELECT true FROM crm_edges e
                          WHERE e.to_id = u.id AND e.to_type = p_object AND e.portal_id = p_portal AND e.workspace_id = p_workspace
                            AND e.removed_at IS NULL LIMIT 1))
$$;
GRANT EXECUTE ON FUNCTION crm_has_edges TO sluice_app;
