-- Ends those of a pack that are being sent, or that are to end out of turn, and that HubSpot has given up meanwhile: a
-- minute after the expiry that it was told. No completion changes anything for them any more. They take no place in the
-- window: HubSpot took none of them. Locks the window, then executions, then admissions. Returns how many.
CREATE OR REPLACE FUNCTION expire_executions(p_pack bigint, p_lane bigint, p_now timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  ended int;
BEGIN
  PERFORM 1 FROM executions e WHERE e.pack_id = p_pack AND (e.grant_id IS NOT NULL OR e.end_requested IS NOT NULL)
      AND e.expires_at + interval '1 minute' <= p_now LIMIT 1;
  IF NOT FOUND THEN RETURN 0; END IF;
  PERFORM 1 FROM lane_windows WHERE lane_id = p_lane FOR NO KEY UPDATE;
  WITH past AS (
    DELETE FROM executions e
     WHERE e.pack_id = p_pack AND (e.grant_id IS NOT NULL OR e.end_requested IS NOT NULL)
       AND e.expires_at + interval '1 minute' <= p_now
    RETURNING e.*
  ), freed AS (
    UPDATE lane_grants g
       SET count = greatest(0, g.count - o.n),
           answered_at = CASE WHEN EXISTS (SELECT FROM executions e
                                            WHERE e.id = ANY (g.execution_ids) AND e.grant_id = g.id
                                              AND e.id <> ALL (o.ids)) THEN g.answered_at ELSE p_now END
      FROM (SELECT grant_id, count(*)::int AS n, array_agg(id) AS ids FROM past WHERE grant_id IS NOT NULL GROUP BY 1) o
     WHERE g.id = o.grant_id AND g.answered_at IS NULL
  )
  INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, lane_id, pack_id, state, reason,
                                 received_at, planned_at, expires_at, finished_at, attempts, source, object_id)
  SELECT id, workspace_id, portal_id, callback_id, lane_id, pack_id, 'expired',
         CASE WHEN grant_id IS NULL THEN 'HubSpot could not be told of its end before it gave the execution up'
              ELSE 'HubSpot took none of ' || attempts || ' tries to complete it before it gave the execution up' END,
         received_at, planned_at, expires_at, p_now, attempts, source, object_id FROM past;
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN ended;
END $$;
GRANT EXECUTE ON FUNCTION expire_executions TO sluice_app;
