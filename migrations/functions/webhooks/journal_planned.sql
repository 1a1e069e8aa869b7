-- Notes of which types HubSpot tells by the journal, and how a round of the plan ended. Of those that it tells no more of, each is due at once: it is
-- searched by itself again; what of them a loss has yet to be looked at for stays known as that (journal_distrust). Rows that somebody holds are for the
-- next round. Returns how many have changed. Across tenants by design: it gets ids only.
CREATE OR REPLACE FUNCTION journal_planned(p_portals bigint[], p_types text[], p_polled int, p_others int, p_refused text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  lost timestamptz := (SELECT j.lost_at FROM webhook_journal j WHERE j.id = 1);
  begun int;
  ended int;
BEGIN
  WITH mine AS MATERIALIZED (
    SELECT s.workspace_id, s.portal_id, s.object_type
      FROM unnest(p_portals, p_types) AS u (portal_id, object_type),
           LATERAL (SELECT p.workspace_id FROM portals p WHERE p.portal_id = u.portal_id) p,
           LATERAL (SELECT * FROM sync_states s
                     WHERE s.workspace_id = p.workspace_id AND s.portal_id = u.portal_id AND s.object_type = u.object_type AND s.told_since IS NULL
                     FOR NO KEY UPDATE SKIP LOCKED) s
  )
  UPDATE sync_states s SET told_since = clock_timestamp()
    FROM mine m WHERE s.workspace_id = m.workspace_id AND s.portal_id = m.portal_id AND s.object_type = m.object_type;
  GET DIAGNOSTICS begun = ROW_COUNT;
  WITH gone AS MATERIALIZED (
    SELECT s.workspace_id, s.portal_id, s.object_type FROM sync_states s
     WHERE s.told_since IS NOT NULL
       AND NOT EXISTS (SELECT FROM unnest(p_portals, p_types) AS u (portal_id, object_type)
                        WHERE u.portal_id = s.portal_id AND u.object_type = s.object_type)
     LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE sync_states s
     SET told_since = NULL, told_until = CASE WHEN least(s.told_since, s.told_until) <= lost THEN lost ELSE clock_timestamp() END,
         due_at = CASE WHEN s.due_at IS NOT NULL THEN least(s.due_at, clock_timestamp()) END
    FROM gone g WHERE s.workspace_id = g.workspace_id AND s.portal_id = g.portal_id AND s.object_type = g.object_type;
  GET DIAGNOSTICS ended = ROW_COUNT;
  UPDATE webhook_journal SET planned_at = clock_timestamp(), told = cardinality(p_portals), polled = p_polled, others = p_others, refused = p_refused
   WHERE id = 1;
  RETURN begun + ended;
END $$;
ALTER FUNCTION journal_planned OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_planned TO sluice_maintenance;
