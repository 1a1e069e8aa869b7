-- Removes events of nobody's portals that came longer ago than they are kept.
CREATE OR REPLACE FUNCTION forget_webhook_strays(p_keep_days int, p_most int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH old AS (
    SELECT key FROM webhook_strays WHERE received_at < now() - make_interval(days => p_keep_days) ORDER BY received_at LIMIT p_most
  ), removed AS (DELETE FROM webhook_strays t USING old WHERE t.key = old.key RETURNING 1)
  SELECT count(*)::int FROM removed
$$;
ALTER FUNCTION forget_webhook_strays(int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_webhook_strays TO sluice_maintenance;
