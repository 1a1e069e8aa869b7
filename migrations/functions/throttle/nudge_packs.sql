-- Packs whose workflow sleeps past the moment that the plan now gives them, by more than `p_slack_ms`, and that are due
-- within `p_within_ms`; head first. Their wake time is set, so that the next sweep does not name them again. Where a
-- portal is not active, or its releases are suspended, no waking helps. Of one lane.
CREATE OR REPLACE FUNCTION nudge_packs(p_within_ms float8, p_slack_ms float8, p_most int, p_lane bigint)
RETURNS TABLE (workspace_id uuid, pack_id bigint, workflow_id text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF p_lane IS NULL THEN -- for workers of the version before
    RETURN QUERY SELECT w.workspace_id, w.pack_id, w.workflow_id
                   FROM packs_asleep(p_within_ms, p_slack_ms, p_most, NULL, 0) w WHERE w.pack_id IS NOT NULL;
    RETURN;
  END IF;
  RETURN QUERY
  UPDATE packs p SET wake_at = p.due_at FROM (
    SELECT k.id FROM packs k
     WHERE k.done_at IS NULL AND k.started_at IS NOT NULL
       AND k.due_at < statement_timestamp() + p_within_ms * interval '1 millisecond'
       AND (k.wake_at IS NULL OR k.wake_at > k.due_at + p_slack_ms * interval '1 millisecond')
       AND k.lane_id = p_lane
       AND NOT EXISTS (SELECT FROM lanes l WHERE l.id = k.lane_id AND l.paused_at IS NOT NULL)
       AND EXISTS (SELECT FROM portals o WHERE o.portal_id = k.portal_id AND o.state = 'active')
       AND suspended_until(k.portal_id) IS NULL
     ORDER BY k.due_at LIMIT p_most) due
   WHERE p.id = due.id
  RETURNING p.workspace_id, p.id, p.workflow_id;
END $$;
GRANT EXECUTE ON FUNCTION nudge_packs TO sluice_app, sluice_system;
