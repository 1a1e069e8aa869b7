-- Statistics of mirrors, for gauges: by state (`scheduled`: followed at times of its portal's own; `told`: HubSpot tells of it by the webhooks
-- journal, so it is searched each quarter of an hour) the number of types and the longest time for which one has not caught up: since when the first load was
-- begun, or up to when the mirror has what HubSpot has. Of portals that can be read: others are told of as portals. Across tenants by design: counts
-- and times only.
CREATE OR REPLACE FUNCTION sync_stats() RETURNS TABLE (state text, types int, behind_s float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.state, count(*)::int, greatest(0, max(extract(epoch FROM clock_timestamp() - o.since)))::float8
    FROM (SELECT CASE WHEN s.paused_at IS NOT NULL THEN 'paused' WHEN sync_by_schedule(s.workspace_id, s.portal_id, s.cursor, s.failures_in_a_row) THEN 'scheduled'
                      WHEN s.told_since IS NOT NULL AND s.cursor ->> 'kind' = 'follow' AND (SELECT journal_tells()) THEN 'told'
                      WHEN s.cursor ->> 'kind' = 'follow' THEN 'following' ELSE 'loading' END AS state,
                 CASE WHEN s.paused_at IS NULL THEN coalesce(s.fresh_until, s.started_at) END AS since
            FROM sync_states s JOIN portals p ON p.portal_id = s.portal_id AND p.workspace_id = s.workspace_id
           WHERE s.ended_at IS NULL AND p.state = 'active') o
   GROUP BY o.state
$$;
ALTER FUNCTION sync_stats() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION sync_stats TO sluice_app;
