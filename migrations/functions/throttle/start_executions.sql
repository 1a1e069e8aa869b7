-- Executions of these lanes whose start has come take their places: each at the end of those of its priority. At most
-- 5,000 at a time, the earliest of each lane first; the next call takes the next ones. Locks the lanes as the intake does,
-- where there are such. The plan of such a lane is made anew, by the reconciler.
CREATE OR REPLACE FUNCTION start_executions(p_lanes bigint[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
  t CONSTANT timestamptz := clock_timestamp(); -- as a constant, by which an index is read
  due bigint[];
BEGIN
  SELECT array_agg(u.id) INTO due FROM unnest(p_lanes) AS u (id)
   WHERE EXISTS (SELECT FROM executions e
                  WHERE e.lane_id = u.id AND e.starts_at <= t AND e.end_requested IS NULL);
  IF due IS NULL THEN RETURN; END IF;
  PERFORM 1 FROM lanes WHERE id = ANY (due) ORDER BY id FOR NO KEY UPDATE;
  WITH started AS (
    SELECT s.id, s.lane_id, (5 - coalesce(s.priority, 5)) * 1125899906842624 AS level,
           row_number() OVER (PARTITION BY s.lane_id ORDER BY s.starts_at, s.id) - 1 AS j
      FROM (SELECT * FROM executions e
             WHERE e.lane_id = ANY (due) AND e.starts_at <= t AND e.end_requested IS NULL
             ORDER BY e.lane_id, e.starts_at LIMIT 5000 FOR NO KEY UPDATE) s
  ), moved AS (
    UPDATE executions e SET seq = l.next_seq + s.level + s.j, starts_at = NULL
      FROM started s JOIN lanes l ON l.id = s.lane_id WHERE e.id = s.id RETURNING e.lane_id
  )
  UPDATE lanes l SET next_seq = l.next_seq + m.count, replan_since = clock_timestamp()
    FROM (SELECT lane_id, count(*) FROM moved GROUP BY lane_id) m WHERE l.id = m.lane_id;
END $$;
GRANT EXECUTE ON FUNCTION start_executions TO sluice_app;
