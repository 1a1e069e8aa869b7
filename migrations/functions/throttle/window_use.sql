-- The places of a lane's window that are taken: from the admission until one interval after the answer (`p_since` is
-- one interval ago). `numbered` of them have been numbered by count_answered, after `before`, and come free first, the
-- first of them one interval after `first_answered_at`. Two index look-ups and the few admissions that are not numbered
-- yet: what it costs does not grow with the window.
CREATE OR REPLACE FUNCTION window_use(p_lane bigint, p_since timestamptz)
RETURNS TABLE (used bigint, numbered bigint, before bigint, first_answered_at timestamptz) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
  SELECT coalesce(f.numbered, 0) + u.count, coalesce(f.numbered, 0), f.before, coalesce(f.answered_at, u.answered_at)
    FROM (SELECT coalesce(sum(g.count), 0)::bigint AS count, min(g.answered_at) AS answered_at FROM lane_grants g
           WHERE g.lane_id = p_lane AND g.answered_total IS NULL AND g.count > 0
             AND (g.answered_at IS NULL OR g.answered_at > p_since)) u
    LEFT JOIN LATERAL (
      SELECT (SELECT max(z.answered_total) FROM lane_grants z
               WHERE z.lane_id = p_lane AND z.answered_total IS NOT NULL) - (a.answered_total - a.count) AS numbered,
             a.answered_total - a.count AS before, a.answered_at
        FROM (SELECT g.answered_total, g.count, g.answered_at FROM lane_grants g
               WHERE g.lane_id = p_lane AND g.answered_at > p_since AND g.answered_total IS NOT NULL
               ORDER BY g.answered_at, g.answered_total LIMIT 1) a) f ON true
$$;
GRANT EXECUTE ON FUNCTION window_use TO sluice_app;
