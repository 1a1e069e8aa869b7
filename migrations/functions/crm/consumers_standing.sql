-- How consumers stand, all together, for metrics. Across tenants by design: it returns numbers only.
CREATE OR REPLACE FUNCTION consumers_standing() RETURNS TABLE (consumers int, behind int, failing int, unread_seconds float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*)::int, count(behind_since)::int, count(*) FILTER (WHERE failures_in_a_row > 0 AND paused_at IS NULL)::int,
         coalesce(extract(epoch FROM statement_timestamp() - min(unread_since) FILTER (WHERE paused_at IS NULL)), 0)::float8
    FROM crm_consumers
$$;
ALTER FUNCTION consumers_standing() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION consumers_standing TO sluice_maintenance;
