-- Moves rows that came before their partition was made out of the default partition, at most `p_most`. Across tenants
-- by design: it returns how many.
CREATE OR REPLACE FUNCTION fill_daily_partition(
  p_table text, p_name text, p_from timestamptz, p_to timestamptz, p_most int
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moved int;
BEGIN
  EXECUTE format(
    'WITH gone AS (DELETE FROM %1$I WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM %1$I WHERE %2$I >= $1 AND %2$I < $2 LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING *)
     INSERT INTO %3$I SELECT * FROM gone',
    p_table || '_default', partition_column(p_table), p_name) USING p_from, p_to, p_most;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
ALTER FUNCTION fill_daily_partition(text, text, timestamptz, timestamptz, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION fill_daily_partition TO sluice_maintenance;
