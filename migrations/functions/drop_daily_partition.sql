-- Drops a partition of days that are older than they are kept.
--
-- It takes the whole table for itself, for some milliseconds: DETACH CONCURRENTLY would not, but Postgres refuses it for
-- a table with a default partition, and in a function, which the application needs as it owns no table. Who comes after
-- this function waits while it waits, so it gives up at once where a dump or a report reads, and is called again.
CREATE OR REPLACE FUNCTION drop_daily_partition(p_table text, p_name text, p_keep_days int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  upto timestamptz;
BEGIN
  PERFORM partition_column(p_table);
  SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.*)''\)'))[1]::timestamptz INTO upto
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = p_table::regclass AND c.relname = p_name;
  IF upto IS NULL OR upto > now() - make_interval(days => greatest(p_keep_days, 1)) THEN
    RAISE EXCEPTION '% is no partition of % that is older than it is kept', p_name, p_table;
  END IF;
  EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', p_table);
  EXECUTE format('DROP TABLE IF EXISTS %I', p_name);
END $$;
GRANT EXECUTE ON FUNCTION drop_daily_partition TO sluice_maintenance;
