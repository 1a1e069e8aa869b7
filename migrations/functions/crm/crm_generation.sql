-- Which installation of this database writes now, counted from 1. Transactions are numbered anew after a restore: until the database has an id of its
-- own nothing is told, with a code that callers take for passing. The worker sees to it within seconds.
CREATE OR REPLACE FUNCTION crm_generation() RETURNS smallint LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT moved FROM installation_now()) THEN
    RAISE EXCEPTION 'The database was restored or copied: records are written when it has an installation id of its own' USING ERRCODE = '57P03';
  END IF;
  RETURN (SELECT count(*) FROM installations);
END $$;
GRANT EXECUTE ON FUNCTION crm_generation TO sluice_app;
