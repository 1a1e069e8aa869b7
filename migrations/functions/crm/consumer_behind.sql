-- Which consumer is so far behind that the mirror of a portal's type waits for it; null: none. Its caller sees that workspace.
CREATE OR REPLACE FUNCTION consumer_behind(p_workspace uuid, p_portal bigint, p_object text) RETURNS text
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT c.name FROM crm_consumers c
   WHERE c.workspace_id = p_workspace AND c.behind_since IS NOT NULL
     AND (c.portal_ids IS NULL OR p_portal = ANY (c.portal_ids)) AND (c.object_types IS NULL OR p_object = ANY (c.object_types))
   ORDER BY c.behind_since, c.name LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION consumer_behind TO sluice_app;
