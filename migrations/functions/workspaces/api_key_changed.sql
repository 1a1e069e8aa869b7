-- Tells every API process that a key means something else now, or nothing any more: whoever changed it, and by whatever way.
CREATE OR REPLACE FUNCTION api_key_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sluice_api_keys', OLD.id::text);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER api_key_changed AFTER UPDATE OF revoked_at, expires_at, scopes, key_hash OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION api_key_changed();
