-- Whether the body of a call of HubSpot's, which need not be JSON, has one of these ids as its `objectId`.
CREATE OR REPLACE FUNCTION names_object(p_text text, p_ids bigint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(p_text ~ ('"objectId"\s*:\s*"?(' || array_to_string(p_ids, '|') || ')($|[^0-9])'), false)
$$;
GRANT EXECUTE ON FUNCTION names_object TO sluice_app;
