-- Where the views for people who ask in SQL stand (migrations/functions/crm/crm_make_view.sql). Not done again where it was done.
DO $$
BEGIN
  IF to_regnamespace('mirror') IS NOT NULL THEN RETURN; END IF;
  CREATE SCHEMA mirror;
  GRANT CREATE, USAGE ON SCHEMA mirror TO sluice_system;
  GRANT USAGE ON SCHEMA mirror, public TO sluice_analyst;
END $$;
