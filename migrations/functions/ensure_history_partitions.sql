-- Daily partitions of execution_history for today and the days ahead, and the end of those older than `p_keep_days`.
-- Runs as the owner, since the application's role owns no table. The default partition takes what arrives without one.
CREATE OR REPLACE FUNCTION ensure_history_partitions(p_ahead_days int, p_keep_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  day date;
  part record;
  changed int := 0;
BEGIN
  FOR day IN SELECT current_date + d FROM generate_series(0, p_ahead_days) d LOOP
    IF to_regclass(format('execution_history_%s', to_char(day, 'YYYYMMDD'))) IS NULL
       AND NOT EXISTS (SELECT 1 FROM execution_history_default WHERE finished_at >= day AND finished_at < day + 1) THEN
      EXECUTE format('CREATE TABLE execution_history_%s PARTITION OF execution_history FOR VALUES FROM (%L) TO (%L)',
                     to_char(day, 'YYYYMMDD'), day::timestamptz, (day + 1)::timestamptz);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON execution_history_%s TO sluice_app', to_char(day, 'YYYYMMDD'));
      changed := changed + 1;
    END IF;
  END LOOP;
  FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'execution_history'::regclass AND c.relname ~ '^execution_history_\d{8}$'
                 AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - p_keep_days LOOP
    EXECUTE format('DROP TABLE %I', part.relname);
    changed := changed + 1;
  END LOOP;
  RETURN changed;
END $$;
