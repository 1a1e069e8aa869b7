-- Numbers the answered places of a lane in the order of their answers, so that the use of a window is a difference of
-- two numbers however many admissions it holds. Its caller holds the window's lock. An answer that is reported after
-- later ones were numbered counts as given with the last of them: a place may come free later than it could, by the time
-- a report took, and never sooner.
CREATE OR REPLACE FUNCTION count_answered(p_lane bigint) RETURNS void LANGUAGE sql
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
  WITH last AS (
    SELECT g.answered_at, g.answered_total FROM lane_grants g
     WHERE g.lane_id = p_lane AND g.answered_total IS NOT NULL ORDER BY g.answered_total DESC LIMIT 1
  ), new AS (
    SELECT g.id, sum(g.count) OVER (ORDER BY g.answered_at, g.id) AS upto FROM lane_grants g
     WHERE g.lane_id = p_lane AND g.answered_total IS NULL AND g.count > 0 AND g.answered_at IS NOT NULL
  )
  UPDATE lane_grants g
     SET answered_total = coalesce((SELECT answered_total FROM last), 0) + n.upto,
         answered_at = greatest(g.answered_at, (SELECT answered_at FROM last))
    FROM new n WHERE g.id = n.id
$$;
GRANT EXECUTE ON FUNCTION count_answered TO sluice_app;
