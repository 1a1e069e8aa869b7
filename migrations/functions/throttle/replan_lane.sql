-- Plans a stretch of a lane's waiting executions anew, from the window's real state: those after `p_after_seq`;
-- `p_ahead` executions are before the first of them. Those that wait for their start keep it as their plan.
-- Called head first, stretch by stretch, so that no lock is held for
-- long and the head of a long lane does not wait for its tail.
CREATE OR REPLACE FUNCTION replan_lane(
  p_workspaces text, p_lane bigint, p_after_seq bigint, p_ahead bigint, p_most int, p_hold_ms bigint
)
RETURNS TABLE (last_seq bigint, planned int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t timestamptz := clock_timestamp();
  l lanes%ROWTYPE;
  span interval;
  w record;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  SELECT * INTO l FROM lanes WHERE id = p_lane;
  span := l.rate_interval_ms * interval '1 millisecond';
  SELECT * INTO w FROM window_use(p_lane, t - span);
  RETURN QUERY
  WITH row AS (
    SELECT e.id, e.seq, e.received_at, e.pack_id, p_ahead + row_number() OVER (ORDER BY e.seq) - 1 AS p FROM (
      SELECT * FROM executions x
       WHERE x.lane_id = p_lane AND x.seq > p_after_seq AND x.seq < 4611686018427387904 AND x.grant_id IS NULL AND x.end_requested IS NULL
       ORDER BY x.seq LIMIT p_most FOR NO KEY UPDATE) e -- in the order in which releases lock them
  ), slot AS (
    -- Each place of the window that these rows take, once: what is used beyond N (after the rate was lowered) has left
    -- by the time the others come round, and places that are free come first.
    SELECT n.place, window_place(p_lane, t - span, w.numbered, w.before, n.place + w.used - l.rate_limit) AS answered_at
      FROM (SELECT DISTINCT r.p % l.rate_limit AS place FROM row r) n WHERE n.place + w.used >= l.rate_limit
  ), timed AS (
    SELECT r.id, r.seq, r.pack_id, greatest(r.received_at + p_hold_ms * interval '1 millisecond',
             CASE WHEN s.place IS NULL THEN t ELSE coalesce(s.answered_at, t) + span END + (r.p / l.rate_limit) * span,
             CASE WHEN l.spread THEN t + r.p * (span / l.rate_limit) END) AS at
      FROM row r LEFT JOIN slot s ON s.place = r.p % l.rate_limit
  ), moved AS (
    UPDATE executions e SET planned_at = d.at FROM timed d WHERE e.id = d.id AND e.grant_id IS NULL
  ), packed AS (
    UPDATE packs k SET due_at = m.at
      FROM (SELECT pack_id, min(at) AS at FROM timed WHERE pack_id IS NOT NULL GROUP BY pack_id) m
     WHERE k.id = m.pack_id
       -- a pack that began in the stretch before keeps the time of its first execution
       AND NOT EXISTS (SELECT 1 FROM executions x
                        WHERE x.pack_id = m.pack_id AND x.seq <= p_after_seq AND x.grant_id IS NULL)
  )
  SELECT max(seq), count(*)::int FROM timed;
END $$;
GRANT EXECUTE ON FUNCTION replan_lane TO sluice_app;
