-- HubSpot's text as a day: `2026-02-28`, or the milliseconds since 1970 of its midnight in UTC. Null where it is none, such as `2026-02-30`, `today`
-- or `infinity`. Never fails.
CREATE OR REPLACE FUNCTION view_date(p_text text) RETURNS date LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  y int;
  m int;
  d int;
BEGIN
  IF p_text ~ '^-?[0-9]{1,14}$' THEN RETURN (timestamp '1970-01-01' + p_text::bigint * interval '1 millisecond')::date; END IF;
  IF p_text !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN RETURN NULL; END IF;
  y := substr(p_text, 1, 4)::int;
  m := substr(p_text, 6, 2)::int;
  d := substr(p_text, 9, 2)::int;
  IF y = 0 OR d > (CASE WHEN m IN (4, 6, 9, 11) THEN 30 WHEN m <> 2 THEN 31
                       WHEN y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0) THEN 29 ELSE 28 END) THEN
    RETURN NULL;
  END IF;
  RETURN make_date(y, m, d);
END $$;
GRANT EXECUTE ON FUNCTION view_date TO sluice_app, sluice_analyst;
