-- Attaches a table of `make_daily_partition`, with the rows of its time that are still in the default partition.
--
-- Locks: the table, in a mode that lets everybody read and write; then its default partition, for itself alone, as
-- ATTACH must see that no row of this time is in there. A dump or a report keeps the latter for as long as it reads: who
-- comes after this function would wait with it, so it gives up at once, and is called again.
-- False when another process was first.
CREATE OR REPLACE FUNCTION attach_daily_partition(p_table text, p_name text, p_from timestamptz, p_to timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  PERFORM partition_column(p_table);
  IF p_name !~ ('^' || p_table || '_\d{8}(_\d{6}_\d{6})?$') THEN RAISE EXCEPTION '% is no partition of %', p_name, p_table; END IF;
  EXECUTE format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', p_table);
  IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = p_name::regclass) THEN RETURN false; END IF;
  EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', p_table || '_default');
  PERFORM fill_daily_partition(p_table, p_name, p_from, p_to, 2147483647);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', p_table, p_name, p_from, p_to);
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT of_day', p_name);
  RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION attach_daily_partition TO sluice_maintenance;
