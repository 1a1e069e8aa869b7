-- Statistics of portals, for gauges: their number by state, and for how long the tokens of those in use have outlived
-- their end at the most. Across tenants by design: counts and times only.
CREATE OR REPLACE FUNCTION portal_stats() RETURNS TABLE (state text, portals int, overdue_s float8, failing int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.state, count(*)::int,
         greatest(0, max(extract(epoch FROM clock_timestamp() - p.token_expires_at))
                       FILTER (WHERE p.used_at > clock_timestamp() - interval '15 minutes'))::float8,
         (count(*) FILTER (WHERE p.refresh_failures > 0))::int
    FROM portals p GROUP BY p.state
$$;
ALTER FUNCTION portal_stats() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION portal_stats TO sluice_app;
