-- What the feed says of an association that was made or removed: its other end and its type, as seen from the record that changed.
CREATE OR REPLACE FUNCTION crm_edge_change(p_to_type text, p_to bigint, p_category text, p_type_id int, p_label text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_build_object('toType', p_to_type, 'toId', p_to::text, 'category', p_category, 'typeId', p_type_id, 'label', p_label)
$$;
GRANT EXECUTE ON FUNCTION crm_edge_change TO sluice_app;
