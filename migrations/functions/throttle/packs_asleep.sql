-- nudge_packs for the reconciler: of the next `p_look` packs, by their due times, that are due within `p_within_ms` and
-- sleep past that: those whose lane runs and whose portal is active and not suspended. Their wake time is set, so that the next round does
-- not name them again. Those of paused lanes are looked at and left alone, so a round must not begin with them each time:
-- `last_due` and `last_pack` say where to go on, in each row, also in the one that there is when none is to be woken;
-- null: at the beginning. Across tenants by design; it returns ids and a time.
CREATE OR REPLACE FUNCTION packs_asleep(
  p_within_ms float8, p_slack_ms float8, p_look int, p_after_due text, p_after_pack bigint
) RETURNS TABLE (last_due text, last_pack bigint, workspace_id uuid, pack_id bigint, workflow_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  soon CONSTANT timestamptz := clock_timestamp() + p_within_ms * interval '1 millisecond';
  after_due CONSTANT timestamptz := coalesce(p_after_due, '-infinity')::timestamptz;
BEGIN
  RETURN QUERY
  WITH looked AS MATERIALIZED (
    SELECT * FROM packs k
     WHERE k.done_at IS NULL AND (k.wake_at IS NULL OR k.wake_at > k.due_at)
       AND (k.due_at, k.id) > (after_due, p_after_pack) AND k.due_at < soon
     ORDER BY k.due_at, k.id LIMIT p_look
  ), woken AS (
    UPDATE packs p SET wake_at = p.due_at FROM looked k
     WHERE p.id = k.id AND k.started_at IS NOT NULL
       AND (k.wake_at IS NULL OR k.wake_at > k.due_at + p_slack_ms * interval '1 millisecond')
       AND NOT EXISTS (SELECT FROM lanes l WHERE l.id = k.lane_id AND l.paused_at IS NOT NULL)
       AND EXISTS (SELECT FROM portals o WHERE o.portal_id = k.portal_id AND o.state = 'active')
       AND suspended_until(k.portal_id) IS NULL
    RETURNING p.workspace_id, p.id, p.workflow_id
  ), last AS (SELECT k.due_at, k.id FROM looked k ORDER BY k.due_at DESC, k.id DESC LIMIT 1)
  SELECT (SELECT due_at::text FROM last), (SELECT id FROM last), w.*
    FROM (SELECT) always LEFT JOIN woken w ON true;
END $$;
ALTER FUNCTION packs_asleep(float8, float8, int, text, bigint) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION packs_asleep TO sluice_maintenance;
