-- The Schedules of portals that have one of their own, as Temporal is to have them: `wanted` while something of the portal can be read. They are few: as
-- many as a setting allows. One without times is none. Across tenants by design: it tells ids and times.
CREATE OR REPLACE FUNCTION sync_schedules_all(p_most int)
RETURNS TABLE (workspace_id uuid, portal_id bigint, interval_ms bigint, calendar text, time_zone text, version int, applied_version int,
               next_at timestamptz, failure text, wanted boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT o.workspace_id, o.portal_id, o.interval_ms, o.calendar, o.time_zone, o.version, o.applied_version, o.next_at, o.failure,
         EXISTS (SELECT FROM portals p WHERE p.portal_id = o.portal_id AND p.workspace_id = o.workspace_id AND p.state = 'active')
         AND EXISTS (SELECT FROM sync_states s WHERE s.workspace_id = o.workspace_id AND s.portal_id = o.portal_id
                        AND s.paused_at IS NULL AND s.ended_at IS NULL)
         AND (o.interval_ms IS NULL) <> (o.calendar IS NULL)
    FROM sync_schedules o ORDER BY o.workspace_id, o.portal_id LIMIT p_most
$$;
ALTER FUNCTION sync_schedules_all(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_schedules_all TO sluice_maintenance;
