-- Where the journal stands still, or HubSpot has lost its offset, types that it told of are searched by themselves again, spread over a minute; after a
-- loss their recycle bin, their associations and all of their ids are looked at, too: a search goes on from where the last one ended, which the journal
-- never moved, and shows neither deletes nor associations. Returns how many were taken. Across tenants by design.
CREATE OR REPLACE FUNCTION journal_distrust(p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
  lost timestamptz := (SELECT j.lost_at FROM webhook_journal j WHERE j.id = 1);
  tells boolean := journal_tells() OR EXISTS (SELECT FROM webhook_journal j WHERE j.id = 1 AND j.updates_seen_at IS NULL);
  did int;
BEGIN
  IF tells AND lost IS NULL THEN RETURN 0; END IF;
  WITH told AS MATERIALIZED (
    SELECT s.workspace_id, s.portal_id, s.object_type, coalesce(s.told_since <= lost, false) AS is_lost FROM sync_states s
     WHERE s.told_since <= CASE WHEN tells THEN lost ELSE 'infinity' END
     ORDER BY s.told_since LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED
  ), looked AS (
    UPDATE sync_passes o
       SET due_at = CASE WHEN o.lease_until > clock_timestamp() THEN clock_timestamp() ELSE least(o.due_at, clock_timestamp()) END,
           cursor = CASE WHEN o.pass = 'audit' THEN NULL ELSE o.cursor END
      FROM told t
     WHERE o.workspace_id = t.workspace_id AND o.portal_id = t.portal_id AND o.object_type = t.object_type AND t.is_lost
       AND o.pass IN ('archived', 'associations', 'audit')
  )
  UPDATE sync_states s
     SET told_since = NULL,
         due_at = CASE WHEN s.due_at IS NOT NULL THEN least(s.due_at, clock_timestamp() + (s.portal_id % 60) * interval '1 second') END
    FROM told t WHERE s.workspace_id = t.workspace_id AND s.portal_id = t.portal_id AND s.object_type = t.object_type;
  GET DIAGNOSTICS did = ROW_COUNT;
  RETURN did;
END $$;
ALTER FUNCTION journal_distrust(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_distrust TO sluice_maintenance;
