-- Whether a text names one of these, as a word of its own: an address is not found in a longer one. Both in lower case, as people write them.
CREATE OR REPLACE FUNCTION names_any(p_text text, p_words text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  low CONSTANT text := lower(p_text);
  word text;
BEGIN
  FOREACH word IN ARRAY p_words LOOP
    -- A look at the characters beside it costs more than to see that it is not there.
    IF position(word IN low) > 0
       AND low ~ ('(^|[^a-z0-9._%+-])' || regexp_replace(word, '([\\^$.|?*+(){}\[\]])', '\\\1', 'g') || '($|[^a-z0-9._-]|[.]($|[^a-z0-9]))') THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN false;
END $$;
GRANT EXECUTE ON FUNCTION names_any TO sluice_app;
