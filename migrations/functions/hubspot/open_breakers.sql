-- Portals whose circuit breaker is open or half-open, for a gauge. Across tenants by design; it returns a count.
CREATE OR REPLACE FUNCTION open_breakers() RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*)::int FROM budget_rings WHERE ring = 'portal' AND breaker_opens > 0
$$;
ALTER FUNCTION open_breakers() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION open_breakers TO sluice_app;
