-- How many changes each source was the first to bring into mirrors, and of how many records it told that another one had brought, for gauges. Across tenants
-- by design: counts only.
CREATE OR REPLACE FUNCTION sync_seen() RETURNS TABLE (source text, first float8, again float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.source, sum(u.first)::float8, sum(u.again)::float8
    FROM (SELECT f.key AS source, f.value::bigint AS first, 0 AS again FROM sync_states s, jsonb_each_text(s.seen_first) f
          UNION ALL
          SELECT a.key, 0, a.value::bigint FROM sync_states s, jsonb_each_text(s.seen_again) a) u
   GROUP BY u.source
$$;
ALTER FUNCTION sync_seen() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_seen TO sluice_app;
