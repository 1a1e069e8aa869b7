-- How many changes polls have brought that HubSpot had to tell of, for a gauge. Across tenants by design: a count only.
CREATE OR REPLACE FUNCTION webhook_missed_total() RETURNS float8
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(sum(s.missed), 0)::float8 FROM sync_states s
$$;
ALTER FUNCTION webhook_missed_total() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION webhook_missed_total TO sluice_app;
