-- Drops a view for people who ask in SQL, where it is there. Any login of theirs may keep it open, and a statement that waits for such a lock makes all
-- wait that come after it: so it waits a tenth of a second, lets the others pass and tries again, for two seconds. For crm_make_view.sql and
-- crm_drop_views.sql, which run as the owner; nobody else may drop one.
CREATE OR REPLACE FUNCTION crm_drop_view(p_name text) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp SET lock_timeout = '100ms'
AS $$
BEGIN
  FOR n IN 1..10 LOOP
    BEGIN
      EXECUTE format('DROP VIEW IF EXISTS mirror.%I', p_name);
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      IF n = 10 THEN RAISE; END IF;
    END;
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION crm_drop_view TO sluice_app;
