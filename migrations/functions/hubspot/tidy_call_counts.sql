-- Removes counts of days that are long over. Across tenants by design; it returns how many.
CREATE OR REPLACE FUNCTION tidy_call_counts(p_keep_days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  touched int;
BEGIN
  DELETE FROM call_counts WHERE day < current_date - p_keep_days;
  GET DIAGNOSTICS touched = ROW_COUNT;
  RETURN touched;
END $$;
ALTER FUNCTION tidy_call_counts(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION tidy_call_counts TO sluice_maintenance;
