-- Writes what the declared properties of these records hold now; `p_property`: of one of them alone. Called in the transaction that has written
-- the records, which holds the lock on the row of portal and type, so that the newest value is the one that stays.
--
-- A record without a value has a row, too: it is found by that, and has its place when records are sorted.
CREATE OR REPLACE FUNCTION crm_keep_values(p_workspace uuid, p_portal bigint, p_object text, p_id bigint[], p_property text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  names text[];
  kinds text[];
BEGIN
  SELECT array_agg(o.property), array_agg(o.kind) INTO names, kinds FROM crm_declared_properties o
   WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object
     AND o.undeclared_at IS NULL AND (p_property IS NULL OR o.property = p_property);
  INSERT INTO crm_values AS v (workspace_id, portal_id, object_type, property, record_id, value, is_number, number)
  SELECT p_workspace, p_portal, p_object, d.property, r.id, left(r.properties ->> d.property, 128), d.kind <> 'text',
         crm_number_key(crm_number(d.kind, r.properties ->> d.property))
    FROM (SELECT DISTINCT u.id FROM unnest(p_id) AS u (id)) u
   CROSS JOIN LATERAL (SELECT o.id, o.properties FROM crm_records o
                        WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.id = u.id
                       OFFSET 0) r
   CROSS JOIN unnest(names, kinds) AS d (property, kind)
   ORDER BY r.id, d.property
  ON CONFLICT (workspace_id, portal_id, object_type, record_id, property) DO UPDATE
     SET value = excluded.value, is_number = excluded.is_number, number = excluded.number
   WHERE (v.value, v.is_number, v.number) IS DISTINCT FROM (excluded.value, excluded.is_number, excluded.number);
END $$;
GRANT EXECUTE ON FUNCTION crm_keep_values TO sluice_app, sluice_system;
