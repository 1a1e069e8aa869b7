-- HMAC-SHA256 of a record's name. `p_key` has 128 bytes: the secret, filled up to a block of 64 with zeros, as HMAC's inner and outer key.
CREATE OR REPLACE FUNCTION crm_mark(p_key bytea, p_portal bigint, p_object text, p_id bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(substr(p_key, 65) || sha256(substr(p_key, 1, 64) || convert_to(p_portal || '/' || p_object || '/' || p_id, 'UTF8')))
$$;
GRANT EXECUTE ON FUNCTION crm_mark TO sluice_app;
