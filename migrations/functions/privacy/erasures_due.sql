-- Takes erasures that are to go on, the longest due first, and puts them off for a minute: what dies is taken up again, and one that cannot go on
-- keeps no other from being found. Across tenants by design: it tells ids only.
CREATE OR REPLACE FUNCTION erasures_due(p_most int) RETURNS TABLE (workspace_id uuid, id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  UPDATE erasures e SET due_at = statement_timestamp() + interval '1 minute'
    FROM (SELECT o.id FROM erasures o WHERE o.due_at <= statement_timestamp() ORDER BY o.due_at LIMIT p_most FOR UPDATE SKIP LOCKED) d
   WHERE e.id = d.id
  RETURNING e.workspace_id, e.id
$$;
ALTER FUNCTION erasures_due(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION erasures_due TO sluice_maintenance;
