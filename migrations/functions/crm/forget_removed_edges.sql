-- Removes the rows of associations that were removed so long ago that no read began before, at most `p_most`. Across tenants by design; it returns how
-- many.
CREATE OR REPLACE FUNCTION forget_removed_edges(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  o record;
  removed int := 0;
BEGIN
  FOR o IN SELECT e.* FROM crm_edges e WHERE e.removed_at < before ORDER BY e.removed_at LIMIT p_most FOR UPDATE SKIP LOCKED LOOP
    DELETE FROM crm_edges e
     WHERE e.workspace_id = o.workspace_id AND e.portal_id = o.portal_id AND e.from_type = o.from_type AND e.from_id = o.from_id
       AND e.to_type = o.to_type AND e.to_id = o.to_id AND e.category = o.category AND e.type_id = o.type_id;
    removed := removed + 1;
  END LOOP;
  RETURN removed;
END $$;
ALTER FUNCTION forget_removed_edges(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_removed_edges TO sluice_maintenance;
