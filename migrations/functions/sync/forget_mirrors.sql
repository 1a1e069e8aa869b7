-- Removes, a part at a time, the records of portals that were disconnected so many days ago, and then the row that said how far they were read.
-- Returns how many rows.
CREATE OR REPLACE FUNCTION forget_mirrors(p_keep_days int, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  s record;
  removed int;
BEGIN
  SELECT o.workspace_id, o.portal_id, o.object_type INTO s FROM sync_states o
   WHERE o.ended_at < now() - make_interval(days => p_keep_days) ORDER BY o.ended_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN 0; END IF;
  -- Whoever resumes it meanwhile begins anew: what is half removed is no mirror.
  UPDATE sync_states o SET cursor = NULL, live = 0, loaded = 0, loaded_at = NULL, fresh_until = NULL
   WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type AND o.cursor IS NOT NULL;
  DELETE FROM crm_records r
   WHERE r.workspace_id = s.workspace_id AND r.portal_id = s.portal_id AND r.object_type = s.object_type
     AND r.id = ANY (ARRAY(SELECT o.id FROM crm_records o
                            WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type
                            ORDER BY o.id LIMIT p_most));
  GET DIAGNOSTICS removed = ROW_COUNT;
  IF removed < p_most THEN
    DELETE FROM sync_states o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id AND o.object_type = s.object_type;
    RETURN p_most; -- there may be others
  END IF;
  RETURN removed;
END $$;
ALTER FUNCTION forget_mirrors(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_mirrors TO sluice_maintenance;
