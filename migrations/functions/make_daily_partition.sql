-- Makes a table for the rows of a day, or of a part of one, and does not attach it yet: so it takes no lock that anybody
-- waits for. Returns its name. The constraint spares ATTACH a look at its rows. As the owner, since the application's
-- role owns no table.
CREATE OR REPLACE FUNCTION make_daily_partition(p_table text, p_from timestamptz, p_to timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
  by_day CONSTANT text := partition_column(p_table);
  whole CONSTANT boolean := p_from = date_trunc('day', p_from) AND p_to = p_from + interval '1 day';
  name CONSTANT text := p_table || to_char(p_from, '_YYYYMMDD')
                        || CASE WHEN whole THEN '' ELSE to_char(p_from, '_HH24MISS') || to_char(p_to, '_HH24MISS') END;
BEGIN
  IF p_to <= p_from OR p_to > p_from + interval '1 day' THEN
    RAISE EXCEPTION 'A partition holds a day at the most, not % to %', p_from, p_to;
  END IF;
  IF to_regclass(name) IS NOT NULL THEN RETURN name; END IF;
  BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING IDENTITY, CONSTRAINT of_day CHECK (%I >= %L AND %3$I < %5$L))',
                   name, p_table, by_day, p_from, p_to);
  EXCEPTION WHEN duplicate_table OR duplicate_object OR unique_violation THEN
    RETURN name; -- another worker has made it since the look above
  END;
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO sluice_app, sluice_system', name);
  PERFORM isolate_tenants(name);
  RETURN name;
END $$;
GRANT EXECUTE ON FUNCTION make_daily_partition TO sluice_maintenance;
