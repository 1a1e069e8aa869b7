-- Whether JSON has one of these ids as the value of a field whose name ends in `id`, at any depth: as text or as a number.
CREATE OR REPLACE FUNCTION names_id(p_json jsonb, p_ids text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_path_exists(p_json, '$.** ? (@.type() == "object").keyvalue() ? (@.key like_regex "id$" flag "i" && @.value == $ids[*])',
    jsonb_build_object('ids', (SELECT jsonb_agg(u.id) || jsonb_agg(u.id::numeric) FROM unnest(p_ids) AS u (id))))
$$;
GRANT EXECUTE ON FUNCTION names_id TO sluice_app;
