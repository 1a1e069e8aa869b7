-- Counts of the whole outbox and the age of its oldest event, for metrics; what nobody has taken out of the inbox counts as well. Across tenants by design; it hands out nothing else. What waits
-- is counted up to `p_most`: a scrape must not read a backlog of millions.
CREATE OR REPLACE FUNCTION outbox_stats(p_most int) RETURNS TABLE (waiting bigint, oldest_seconds float8, dead bigint, invalid bigint, circuits_open bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (SELECT count(*) FROM (SELECT FROM outbox_pending LIMIT p_most) e) + (SELECT count(*) FROM (SELECT FROM outbox_inbox LIMIT p_most) i),
         (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(captured_at)), 0)::float8
            FROM ((SELECT captured_at FROM outbox_pending ORDER BY id LIMIT 1)
                  UNION ALL (SELECT captured_at FROM outbox_inbox WHERE isfinite(captured_at) ORDER BY id LIMIT 1)) e),
         (SELECT count(*) FROM (SELECT FROM outbox_dead WHERE state = 'dead' LIMIT p_most) d),
         (SELECT count(*) FROM (SELECT FROM outbox_dead WHERE state = 'invalid' LIMIT p_most) d),
         (SELECT count(*) FROM outbox_portals WHERE circuit_open_until IS NOT NULL)
$$;
ALTER FUNCTION outbox_stats(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION outbox_stats TO sluice_app;
