-- Removes links, with the states that were begun by them, a day after they expired: until then a replay is still
-- recognised as one.
CREATE OR REPLACE FUNCTION forget_installs(p_most int) RETURNS int
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (
    DELETE FROM install_links
     WHERE id IN (SELECT id FROM install_links WHERE expires_at < clock_timestamp() - interval '1 day' LIMIT p_most)
    RETURNING 1)
  SELECT count(*)::int FROM gone
$$;
ALTER FUNCTION forget_installs(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION forget_installs TO sluice_maintenance;
