-- Notifies every API process that a key has changed, by whichever statement: processes cache keys.
CREATE OR REPLACE FUNCTION api_key_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sluice_api_keys', OLD.id::text);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER api_key_changed AFTER UPDATE OF revoked_at, expires_at, scopes, key_hash OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION api_key_changed();
