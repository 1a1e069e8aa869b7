-- Looks at the next `p_lanes` lanes after `p_after`, in the order of their ids, and removes what nobody needs any more:
-- admissions that have left their window, and lanes without traffic. `last_lane` is where to go on; null: at the
-- beginning. Across tenants by design; it returns an id and counts.
--
-- Admissions stay for an hour at least: a rate may be changed to a longer interval, and recent ones must still be
-- known then. They are found lane by lane, since how long they count is a matter of their lane.
-- A lane goes when nothing came for `p_keep_days`, nothing waits and nobody has set anything for it: a call makes it
-- anew. Traffic is noted here, once a day at the most, and not by the intake: a column of the hot row with an index
-- would cost each call. Rows are taken in the order of the intake (by id), and those that it holds are left for another
-- round; a lane that grew before it was locked is not removed, as the condition is then judged anew.
CREATE OR REPLACE FUNCTION tidy_lanes(p_after bigint, p_lanes int, p_most int, p_keep_days int)
RETURNS TABLE (last_lane bigint, admissions int, removed int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  t CONSTANT timestamptz := clock_timestamp();
  before CONSTANT timestamptz := t - make_interval(days => p_keep_days);
  visited bigint[] := ARRAY(SELECT id FROM lanes WHERE id > p_after ORDER BY id LIMIT p_lanes);
  idle bigint[];
BEGIN
  DELETE FROM lane_grants WHERE ctid = ANY (ARRAY(
    SELECT old.ctid FROM unnest(visited) AS v (id) JOIN lanes l ON l.id = v.id CROSS JOIN LATERAL (
      SELECT g.ctid FROM lane_grants g
       WHERE g.lane_id = l.id
         AND g.answered_at < t - greatest(interval '1 hour', l.rate_interval_ms * interval '1 millisecond')
       ORDER BY g.answered_at LIMIT p_most) old LIMIT p_most));
  GET DIAGNOSTICS admissions = ROW_COUNT;

  UPDATE lanes SET seen_seq = next_seq, seen_at = t WHERE id IN (
    SELECT id FROM lanes
     WHERE id = ANY (visited) AND seen_seq <> next_seq AND seen_at < t - interval '1 day'
     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);

  idle := ARRAY(
    SELECT l.id FROM lanes l
     WHERE l.id = ANY (visited) AND l.seen_at < before AND l.seen_seq = l.next_seq
       AND l.override_limit IS NULL AND l.paused_at IS NULL AND l.spread = coalesce(l.input_spread, false) AND l.beyond_block = 'refuse'
       AND l.max_per_workflow IS NULL
       AND NOT EXISTS (SELECT FROM executions e WHERE e.lane_id = l.id)
       AND NOT EXISTS (SELECT FROM action_runs r
                        WHERE r.lane_id = l.id AND r.lane_id IS NOT NULL AND r.state = 'waiting' AND r.turn IS NULL)
       AND NOT EXISTS (SELECT FROM lane_grants g WHERE g.lane_id = l.id AND g.answered_at IS NULL)
     ORDER BY l.id FOR UPDATE SKIP LOCKED);
  DELETE FROM lane_grants WHERE lane_id = ANY (idle);
  DELETE FROM lane_windows WHERE lane_id = ANY (idle);
  DELETE FROM lanes WHERE id = ANY (idle);
  removed := cardinality(idle);

  -- Where the bound was reached, these lanes have more.
  last_lane := CASE WHEN admissions = p_most THEN p_after ELSE visited[cardinality(visited)] END;
  RETURN NEXT;
END $$;
ALTER FUNCTION tidy_lanes(bigint, int, int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION tidy_lanes TO sluice_maintenance;
