-- Where the journal stands still, or HubSpot has lost its offset, types that it told of are searched by themselves again, spread over a minute; after a
-- loss their recycle bin, their associations and all of their ids are looked at, too: a search goes on from where the last one ended, which the journal
-- never moved, and shows neither deletes nor associations. A loss is known late: so it is with types that were told of until shortly before
-- (`told_until`), once for each loss. Who HubSpot has erased for a person may have been in the lost part, too: contacts that audits of the next thirty days find
-- gone for good are named (erasuresUnsure.ts). Returns how many were taken. Across tenants by design.
CREATE OR REPLACE FUNCTION journal_distrust(p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
  lost timestamptz := (SELECT j.lost_at FROM webhook_journal j WHERE j.id = 1);
  lost_from timestamptz := (SELECT coalesce(j.lost_from, j.lost_at) FROM webhook_journal j WHERE j.id = 1);
  tells boolean := journal_tells() OR EXISTS (SELECT FROM webhook_journal j WHERE j.id = 1 AND j.updates_seen_at IS NULL);
  distrusted timestamptz := CASE WHEN tells THEN lost ELSE 'infinity' END;
  did int;
BEGIN
  IF tells AND lost IS NULL THEN RETURN 0; END IF;
  WITH found AS MATERIALIZED (
    (SELECT s.workspace_id, s.portal_id, s.object_type FROM sync_states s WHERE s.told_since <= distrusted ORDER BY s.told_since LIMIT p_most)
    UNION
    (SELECT s.workspace_id, s.portal_id, s.object_type FROM sync_states s WHERE s.told_until <= lost ORDER BY s.told_until LIMIT p_most)
  ), told AS MATERIALIZED (
    SELECT s.*
      FROM found f,
           LATERAL (SELECT s.workspace_id, s.portal_id, s.object_type, coalesce(least(s.told_since, s.told_until) <= lost, false) AS is_lost
                      FROM sync_states s
                     WHERE s.workspace_id = f.workspace_id AND s.portal_id = f.portal_id AND s.object_type = f.object_type
                       AND (s.told_since <= distrusted OR s.told_until <= lost)
                     FOR NO KEY UPDATE SKIP LOCKED) s
  ), looked AS (
    UPDATE sync_passes o
       SET due_at = CASE WHEN o.lease_until > clock_timestamp() THEN clock_timestamp() ELSE least(o.due_at, clock_timestamp()) END,
           -- One that is under way comes to its end: losses that follow each other would keep it from that.
           asked_at = clock_timestamp()
      FROM told t
     WHERE o.workspace_id = t.workspace_id AND o.portal_id = t.portal_id AND o.object_type = t.object_type AND t.is_lost
       AND o.pass IN ('archived', 'associations', 'audit')
  )
  UPDATE sync_states s
     SET told_since = NULL, told_until = CASE WHEN s.told_since IS NOT NULL THEN clock_timestamp() END,
         erasures_unsure_from = CASE WHEN NOT t.is_lost OR s.object_type <> 'contacts' THEN s.erasures_unsure_from
                                     WHEN s.erasures_unsure_until > clock_timestamp() OR s.erasures_unsure <> '{}' THEN least(s.erasures_unsure_from, lost_from)
                                     ELSE lost_from END,
         erasures_unsure_until = CASE WHEN t.is_lost AND s.object_type = 'contacts' THEN clock_timestamp() + interval '30 days' ELSE s.erasures_unsure_until END,
         due_at = CASE WHEN s.due_at IS NOT NULL THEN least(s.due_at, clock_timestamp() + (s.portal_id % 60) * interval '1 second') END
    FROM told t WHERE s.workspace_id = t.workspace_id AND s.portal_id = t.portal_id AND s.object_type = t.object_type;
  GET DIAGNOSTICS did = ROW_COUNT;
  RETURN did;
END $$;
ALTER FUNCTION journal_distrust(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_distrust TO sluice_maintenance;
