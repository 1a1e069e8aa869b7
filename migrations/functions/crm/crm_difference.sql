-- What differs between the properties of a record before and after, as {property: [before, after]}; null stands for no value.
-- Null: nothing does.
CREATE OR REPLACE FUNCTION crm_difference(p_before jsonb, p_after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_object_agg(coalesce(b.key, a.key), jsonb_build_array(b.value, a.value))
    FROM jsonb_each(p_before) b FULL JOIN jsonb_each(p_after) a ON a.key = b.key
   WHERE b.value IS DISTINCT FROM a.value
$$;
GRANT EXECUTE ON FUNCTION crm_difference TO sluice_app;
