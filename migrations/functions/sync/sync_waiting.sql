-- How many types wait for a slot of a worker now: of what is to be loaded, or has more changes than a page, and is read by nobody; of a workspace no
-- more than it may have loaded at a time (`p_loads`) beside those that are. Looks at the longest due first, and at 5,000 at most.
-- Across tenants by design: it tells a number.
CREATE OR REPLACE FUNCTION sync_waiting(p_loads int) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT coalesce(sum(w.following + least(w.loading, greatest(0, p_loads - w.loaded_now))), 0)::int
    FROM (SELECT o.workspace_id, count(*) FILTER (WHERE o.waits AND o.follows) AS following, count(*) FILTER (WHERE o.waits AND NOT o.follows) AS loading,
                 count(*) FILTER (WHERE NOT o.waits AND NOT o.follows) AS loaded_now
            FROM (SELECT s.workspace_id, s.portal_id, s.object_type, s.cursor ->> 'kind' IS NOT DISTINCT FROM 'follow' AS follows,
                         s.lease_until IS NULL OR s.lease_until <= statement_timestamp() AS waits
                    FROM (SELECT d.* FROM sync_states d WHERE d.due_at <= statement_timestamp() + interval '1 minute' ORDER BY d.due_at LIMIT 5000) s
                   WHERE s.cursor ->> 'kind' IS DISTINCT FROM 'follow' OR s.cursor ? 'walk'
                      OR (s.cursor -> 'resync' IS NOT NULL AND s.cursor #> '{resync,endedAt}' IS NULL)) o
           WHERE NOT o.waits
              OR (EXISTS (SELECT FROM portals p WHERE p.portal_id = o.portal_id AND p.workspace_id = o.workspace_id AND p.state = 'active')
                  AND consumer_behind(o.workspace_id, o.portal_id, o.object_type) IS NULL)
           GROUP BY o.workspace_id) w
$$;
ALTER FUNCTION sync_waiting(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_waiting TO sluice_maintenance;
