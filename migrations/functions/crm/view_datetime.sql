-- HubSpot's text as a moment: ISO 8601, in UTC where it names no offset, a day alone, or the milliseconds since 1970. Null where it is none. Never
-- fails, whatever the session's time zone and form of dates are.
CREATE OR REPLACE FUNCTION view_datetime(p_text text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  part text[];
  day date;
BEGIN
  IF p_text ~ '^-?[0-9]{1,14}$' THEN RETURN timestamptz '1970-01-01 00:00:00+00' + p_text::bigint * interval '1 millisecond'; END IF;
  part := regexp_match(left(p_text, 50), '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.]([0-9]{1,9}))?)?(Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?)?$');
  IF part IS NULL THEN RETURN NULL; END IF;
  day := public.view_date(part[1]);
  IF day IS NULL THEN RETURN NULL; END IF;
  RETURN ((day + make_interval(hours => coalesce(part[2], '0')::int, mins => coalesce(part[3], '0')::int,
                               secs => (coalesce(part[4], '0') || '.' || coalesce(part[5], '0'))::float8))
          - CASE WHEN length(part[6]) > 1
                 THEN make_interval(hours => substr(part[6], 2, 2)::int, mins => right(part[6], 2)::int) * (substr(part[6], 1, 1) || '1')::int
                 ELSE interval '0' END) AT TIME ZONE 'UTC';
END $$;
GRANT EXECUTE ON FUNCTION view_datetime TO sluice_app, sluice_analyst;
