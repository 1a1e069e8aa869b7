-- What differs between the properties of a record before and after, as {property: [before, after]}; null stands for no value.
-- Null: nothing does. All values are texts, and compared as such: as jsonb it would take half as long again.
CREATE OR REPLACE FUNCTION crm_difference(p_before jsonb, p_after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_object_agg(d.key, jsonb_build_array(d.before, d.after))
    FROM (SELECT a.key, p_before ->> a.key AS before, a.value AS after FROM jsonb_each_text(p_after) a WHERE p_before ->> a.key IS DISTINCT FROM a.value
          UNION ALL
          SELECT b.key, b.value, NULL FROM jsonb_each_text(p_before) b WHERE NOT p_after ? b.key) d
$$;
GRANT EXECUTE ON FUNCTION crm_difference TO sluice_app;
