-- HubSpot's text as a number; null where it is none, such as `1;2` or `N/A`. Never fails.
CREATE OR REPLACE FUNCTION view_number(p_text text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF length(p_text) <= 400 AND p_text ~ '^[ \t\n\r\f\v]*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?[ \t\n\r\f\v]*$' THEN RETURN p_text::numeric; END IF;
  RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION view_number TO sluice_app, sluice_analyst;
