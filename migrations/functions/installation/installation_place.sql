-- Which database of which server this is, and on which timeline: another one after a restore to an earlier time, after a promotion, and in
-- every copy. Where the server does not let us ask for its identifier, database and timeline must do.
CREATE OR REPLACE FUNCTION installation_place() RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  server text := 'unknown';
BEGIN
  IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN SELECT system_identifier INTO server FROM pg_control_system(); END IF;
  RETURN concat_ws('/', server, (SELECT oid FROM pg_database WHERE datname = current_database()), left(pg_walfile_name(pg_current_wal_lsn()), 8));
END $$;
GRANT EXECUTE ON FUNCTION installation_place TO sluice_app, sluice_maintenance, sluice_system;
