-- When the answer came to the `p_place`-th (from 0, in the order in which they come free) of the taken places of a
-- lane's window; null: it has not come. `p_numbered` and `p_before` are those of window_use.
CREATE OR REPLACE FUNCTION window_place(
  p_lane bigint, p_since timestamptz, p_numbered bigint, p_before bigint, p_place bigint
) RETURNS timestamptz LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
  answered timestamptz;
BEGIN
  IF p_place < p_numbered THEN
    SELECT g.answered_at INTO answered FROM lane_grants g
     WHERE g.lane_id = p_lane AND g.answered_total > p_before + p_place ORDER BY g.answered_total LIMIT 1;
  ELSE
    SELECT u.answered_at INTO answered FROM (
      SELECT g.answered_at, sum(g.count) OVER (ORDER BY g.answered_at NULLS LAST, g.id) AS upto FROM lane_grants g
       WHERE g.lane_id = p_lane AND g.answered_total IS NULL AND g.count > 0
         AND (g.answered_at IS NULL OR g.answered_at > p_since)) u
     WHERE u.upto > p_place - p_numbered ORDER BY u.upto LIMIT 1;
  END IF;
  RETURN answered;
END $$;
GRANT EXECUTE ON FUNCTION window_place TO sluice_app;
