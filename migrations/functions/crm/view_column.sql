-- A name for a column of a view that no other one has (`p_taken`): as it is where it fits, else cut, with a part of its hash. A name of Postgres'
-- has 63 bytes, and what is longer would be cut without a word.
CREATE OR REPLACE FUNCTION view_column(p_name text, p_taken text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  cut text := p_name;
BEGIN
  IF octet_length(p_name) <= 63 AND p_name <> ALL (p_taken) THEN RETURN p_name; END IF;
  WHILE octet_length(cut) > 54 LOOP cut := left(cut, -1); END LOOP;
  RETURN cut || '_' || left(md5(p_name), 8);
END $$;
GRANT EXECUTE ON FUNCTION view_column TO sluice_app;
