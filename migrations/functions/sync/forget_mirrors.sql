-- Removes, a part at a time, what is kept of the records of portals that were disconnected so many days ago, and then the row that said how far
-- they were read. Returns how many rows; `p_most` where there may be more.
CREATE OR REPLACE FUNCTION forget_mirrors(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  s record;
  part record;
  removed int;
  lost int;
BEGIN
  SELECT o.workspace_id, o.portal_id, o.object_type INTO s FROM sync_states o
   WHERE o.ended_at < now() - make_interval(days => p_keep_days) ORDER BY o.ended_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN 0; END IF;
  -- Whoever resumes it meanwhile begins anew: what is half removed is no mirror.
  UPDATE sync_states o SET cursor = NULL, loaded = 0, loaded_at = NULL, fresh_until = NULL, expected = NULL, loading_ms = 0
   WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type AND o.cursor IS NOT NULL;
  UPDATE sync_passes o SET cursor = NULL
   WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type AND o.cursor IS NOT NULL;
  -- Whoever resumes it counts on from what is left.
  WITH gone AS (
    DELETE FROM crm_records r WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id AND r.object_type = s.object_type
       AND r.id = ANY (ARRAY(SELECT o.id FROM crm_records o
                              WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type
                              ORDER BY o.id LIMIT p_most))
    RETURNING r.id, r.archived_at
  ), declared AS (
    DELETE FROM crm_values v USING gone g
     WHERE v.workspace_id = s.workspace_id AND v.portal_id = s.portal_id AND v.object_type = s.object_type AND v.record_id = g.id
  ) SELECT count(*), count(*) FILTER (WHERE archived_at IS NULL) INTO removed, lost FROM gone;
  IF removed > 0 THEN
    UPDATE sync_states o SET live = o.live - lost
     WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type;
    RETURN greatest(removed, p_most);
  END IF;
  -- Every other table that holds something of a type of a portal: its column for the type, and the one by which its rows are taken in their order. What
  -- whoever resumes it still needs stands last: what was erased, which properties are kept, and its passes.
  FOR part IN SELECT * FROM (VALUES
      ('crm_edges', 'from_type', 'from_id'),
      ('crm_aliases', 'object_type', 'id'),
      ('crm_values', 'object_type', 'record_id'),
      ('crm_declared_properties', 'object_type', 'property'),
      ('crm_property_defs', 'object_type', 'name'),
      ('crm_stages', 'object_type', 'id'),
      ('crm_pipelines', 'object_type', 'id'),
      ('crm_sql_views', 'object_type', 'object_type'),
      ('webhook_reads', 'object_type', 'record_id'),
      ('webhook_counts', 'object_type', 'object_type'),
      ('crm_tombstones', 'object_type', 'mark'),
      ('sync_properties', 'object_type', 'object_type'),
      ('sync_passes', 'object_type', 'pass')
    ) AS parts (name, type, key)
  LOOP
    EXECUTE format(
      'DELETE FROM %1$I r WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.%2$I = $3
          AND r.%3$I = ANY (ARRAY(SELECT o.%3$I FROM %1$I o WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.%2$I = $3 ORDER BY o.%3$I LIMIT $4))',
      part.name, part.type, part.key) USING s.workspace_id, s.portal_id, s.object_type, p_most;
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF removed > 0 THEN RETURN greatest(removed, p_most); END IF;
  END LOOP;
  DELETE FROM sync_states o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type;
  -- What is the portal's goes with its last type.
  DELETE FROM sync_schedules r WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id
     AND NOT EXISTS (SELECT FROM sync_states o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id);
  DELETE FROM crm_owners r WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id
     AND NOT EXISTS (SELECT FROM sync_states o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id);
  -- So are the names of its custom objects.
  DELETE FROM crm_schemas r WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id
     AND NOT EXISTS (SELECT FROM sync_states o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id);
  RETURN p_most; -- there may be others
END $$;
ALTER FUNCTION forget_mirrors(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_mirrors TO sluice_maintenance;
