-- Daily partitions of a table for today and the days ahead, and the end of those older than `p_keep_days`.
-- Runs as the owner, since the application's role owns no table. The default partition takes what arrives without one.
CREATE OR REPLACE FUNCTION ensure_daily_partitions(p_table text, p_column text, p_ahead_days int, p_keep_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  day date;
  name text;
  part record;
  changed int := 0;
BEGIN
  IF (p_table, p_column) NOT IN (('execution_history', 'finished_at'), ('request_log', 'at'), ('outbox_history', 'processed_at')) THEN
    RAISE EXCEPTION '% is not partitioned by day of %', p_table, p_column;
  END IF;
  FOR day IN SELECT current_date + d FROM generate_series(0, p_ahead_days) d LOOP
    name := format('%s_%s', p_table, to_char(day, 'YYYYMMDD'));
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, p_table, day::timestamptz, (day + 1)::timestamptz);
    EXCEPTION WHEN check_violation THEN
      CONTINUE; -- rows of that day are in the default partition already; the owner cannot look, by row-level security
    END;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sluice_app, sluice_system', name);
    changed := changed + 1;
  END LOOP;
  FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = p_table::regclass AND c.relname ~ ('^' || p_table || '_\d{8}$')
                 AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - p_keep_days LOOP
    EXECUTE format('DROP TABLE %I', part.relname);
    changed := changed + 1;
  END LOOP;
  IF changed > 0 THEN PERFORM isolate_tenants(p_table || '%'); END IF;
  RETURN changed;
END $$;
GRANT EXECUTE ON FUNCTION ensure_daily_partitions TO sluice_maintenance;
