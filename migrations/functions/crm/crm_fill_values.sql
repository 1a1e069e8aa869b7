-- Does a part of what a declared property needs: fills in its values for records that are there already, in the order of their ids, or removes
-- them where it is not declared any more. Returns how many records or values that were; fewer than `p_most`: that was all.
CREATE OR REPLACE FUNCTION crm_fill_values(p_workspace uuid, p_portal bigint, p_object text, p_property text, p_most int) RETURNS int
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  d record;
  ids bigint[];
  did int;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  -- The lock of whoever writes records of this portal and type: what is read below is what is there.
  PERFORM FROM sync_states s WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal AND s.object_type = p_object FOR NO KEY UPDATE;
  SELECT o.* INTO d FROM crm_declared_properties o
   WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.property = p_property FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  IF d.undeclared_at IS NULL THEN
    ids := ARRAY(SELECT r.id FROM crm_records r
                  WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id > d.filled_upto
                  ORDER BY r.id LIMIT p_most);
    PERFORM crm_keep_values(p_workspace, p_portal, p_object, ids, p_property);
    did := cardinality(ids);
    UPDATE crm_declared_properties o
       SET filled_upto = coalesce(ids[did], o.filled_upto), filled = o.filled + did,
           filled_at = CASE WHEN did < p_most THEN clock_timestamp() END, due_at = CASE WHEN did = p_most THEN clock_timestamp() END
     WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.property = p_property;
    RETURN did;
  END IF;
  ids := ARRAY(SELECT v.record_id FROM crm_values v
                WHERE v.workspace_id = p_workspace AND v.portal_id = p_portal AND v.object_type = p_object AND v.property = p_property
                ORDER BY v.value, v.record_id LIMIT p_most);
  DELETE FROM crm_values v
   WHERE v.workspace_id = p_workspace AND v.portal_id = p_portal AND v.object_type = p_object AND v.property = p_property
     AND v.record_id = ANY (ids);
  did := cardinality(ids);
  IF did < p_most THEN
    DELETE FROM crm_declared_properties o
     WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.property = p_property;
  ELSE
    UPDATE crm_declared_properties o SET due_at = clock_timestamp()
     WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND o.property = p_property;
  END IF;
  RETURN did;
END $$;
GRANT EXECUTE ON FUNCTION crm_fill_values TO sluice_app;
