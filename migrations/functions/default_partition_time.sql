-- The time of some row in the default partition of a table; null: it is empty, as it should be. Across tenants by
-- design: a time and nothing else.
CREATE OR REPLACE FUNCTION default_partition_time(p_table text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  found timestamptz;
BEGIN
  EXECUTE format('SELECT %I FROM %I LIMIT 1', partition_column(p_table), p_table || '_default') INTO found;
  RETURN found;
END $$;
ALTER FUNCTION default_partition_time(text) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION default_partition_time TO sluice_maintenance;
