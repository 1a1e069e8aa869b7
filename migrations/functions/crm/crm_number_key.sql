-- A number as text whose order, by the numbers of its characters, is that of the numbers: sign and exponent, then its digits; those of a negative
-- one are turned round. Equal numbers have the same. An index is walked by it under row-level security, which lets no comparison of numerics
-- into one, and it keeps every digit, which a float does not.
CREATE OR REPLACE FUNCTION crm_number_key(p_number numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  plain text := trim_scale(abs(p_number))::text;
  fraction text := split_part(plain, '.', 2);
  exponent int;
  digits text := rtrim(ltrim(replace(plain, '.', ''), '0'), '0');
BEGIN
  IF p_number IS NULL THEN RETURN NULL; END IF;
  IF p_number = 0 THEN RETURN 'o'; END IF;
  exponent := CASE WHEN abs(p_number) >= 1 THEN length(split_part(plain, '.', 1)) - 1
                   ELSE length(ltrim(fraction, '0')) - length(fraction) - 1 END;
  IF p_number > 0 THEN RETURN 'p' || lpad((500 + exponent)::text, 3, '0') || digits; END IF;
  -- Behind its digits what is greater than any of them: -1 comes after -12.
  RETURN 'n' || lpad((499 - exponent)::text, 3, '0') || translate(digits, '0123456789', '9876543210') || '~';
END $$;
GRANT EXECUTE ON FUNCTION crm_number_key TO sluice_app, sluice_system;
