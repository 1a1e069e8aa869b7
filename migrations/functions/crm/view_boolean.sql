-- HubSpot's text as a truth value; null where it is none. Never fails.
CREATE OR REPLACE FUNCTION view_boolean(p_text text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE lower(p_text) WHEN 'true' THEN true WHEN 'false' THEN false END
$$;
GRANT EXECUTE ON FUNCTION view_boolean TO sluice_app, sluice_analyst;
