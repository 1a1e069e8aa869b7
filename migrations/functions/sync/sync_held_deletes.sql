-- Types whose deletes wait for a person's word, those with the most first, for a gauge. By the index that holds those alone. Across tenants by design:
-- it returns ids and counts.
CREATE OR REPLACE FUNCTION sync_held_deletes(p_most int) RETURNS TABLE (portal_id bigint, object_type text, deletes int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT s.portal_id, s.object_type, s.deletes_held FROM sync_states s
   WHERE s.deletes_held_at IS NOT NULL AND s.ended_at IS NULL
   ORDER BY s.deletes_held DESC, s.portal_id, s.object_type LIMIT p_most
$$;
ALTER FUNCTION sync_held_deletes(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_held_deletes TO sluice_app;
