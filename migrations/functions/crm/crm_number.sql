-- What a value of this kind is compared by: a number itself, a date as its milliseconds since 1970 (a day at midnight in UTC). Null: it is no
-- value of this kind, as HubSpot's types lie. No cast fails, whatever the text is: each is looked at before.
CREATE OR REPLACE FUNCTION crm_number(p_kind text, p_value text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  d text[];
  zone text[];
BEGIN
  IF p_value IS NULL OR length(p_value) > 100 THEN RETURN NULL; END IF;
  IF p_kind = 'number' THEN
    RETURN CASE WHEN p_value ~ '^[+-]?[0-9]{1,30}([.][0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$' THEN p_value::numeric END;
  END IF;
  IF p_kind <> 'date' THEN RETURN NULL; END IF;
  IF p_value ~ '^-?[0-9]{1,15}$' THEN RETURN p_value::numeric; END IF;
  d := regexp_match(p_value, '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$');
  IF d IS NULL OR d[1] = '0000' OR d[2] NOT BETWEEN '01' AND '12' OR d[3] < '01'
     OR d[3]::int > extract(day FROM make_date(d[1]::int, d[2]::int, 1) + interval '1 month' - interval '1 day')
     OR d[4] > '23' OR d[5] > '59' OR d[6] > '59' THEN
    RETURN NULL;
  END IF;
  zone := regexp_match(d[8], '^([+-])([0-9]{2}):?([0-9]{2})$');
  IF zone[2] > '14' OR zone[3] > '59' THEN RETURN NULL; END IF;
  RETURN (make_date(d[1]::int, d[2]::int, d[3]::int) - date '1970-01-01')::numeric * 86400000
       + (coalesce(d[4], '0')::int * 3600 + coalesce(d[5], '0')::int * 60 + coalesce(d[6], '0')::int)::numeric * 1000
       + left(rpad(coalesce(d[7], ''), 3, '0'), 3)::int
       - CASE WHEN zone IS NULL THEN 0 ELSE (zone[1] || '1')::int * (zone[2]::int * 60 + zone[3]::int) * 60000 END;
END $$;
GRANT EXECUTE ON FUNCTION crm_number TO sluice_app, sluice_system;
