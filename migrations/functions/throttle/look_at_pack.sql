-- A workflow looks at its executions: which are left, and when the first of them can go. Ends what HubSpot has given up
-- (expire_executions.sql), applies the expiry guard, and notifies the starters (NOTIFY is a hint; packs.claimed_at is
-- the truth). While the portal's releases are suspended (`suspended_until`) nothing of it can go, whatever the window says.
CREATE OR REPLACE FUNCTION look_at_pack(p_workspaces text, p_pack bigint, p_guard_ms bigint, p_hold_ms bigint)
RETURNS TABLE (
  lane_id bigint, portal_id bigint, remaining bigint[], expired int, sending int, ending int, next_at timestamptz,
  resend_at timestamptz, guard_at timestamptz, over_at timestamptz, suspended_until timestamptz, paused boolean,
  portal_state text, now_at timestamptz
) LANGUAGE plpgsql
-- A plan made while the tables were empty would scan them whole when they have grown, until the next ANALYZE: every
-- access is by key.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  t timestamptz := clock_timestamp();
  guard interval := p_guard_ms * interval '1 millisecond';
  p packs%ROWTYPE;
  head_seq bigint;
  first_seq bigint;
  from_at timestamptz;
  ahead bigint;
  estimate timestamptz;
  given_up int;
  suspended timestamptz;
  starts timestamptz;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  UPDATE packs SET claimed_at = t WHERE id = p_pack AND claimed_at IS NULL;
  IF FOUND THEN PERFORM pg_notify('sluice_claimed', p_pack::text); END IF;
  SELECT * INTO p FROM packs WHERE id = p_pack;
  IF NOT FOUND THEN RETURN; END IF;
  given_up := expire_executions(p_pack, p.lane_id, t);
  PERFORM expiry_guard(p_pack, guard, t);
  suspended := suspended_until(p.portal_id);
  SELECT e.seq, e.received_at + p_hold_ms * interval '1 millisecond' INTO first_seq, from_at FROM executions e
   WHERE e.pack_id = p_pack AND e.seq < 4611686018427387904 AND e.grant_id IS NULL AND e.end_requested IS NULL
   ORDER BY e.seq LIMIT 1;
  IF first_seq IS NOT NULL AND suspended IS NULL THEN
    SELECT e.seq INTO head_seq FROM executions e WHERE e.lane_id = p.lane_id ORDER BY e.seq LIMIT 1;
    -- Counting is exact and cheap near the head, which is where a workflow wakes; far from it the numbers do.
    -- Numbers of another level (intake_calls.sql) say nothing: it looks again then when the 20,000th goes.
    IF first_seq - head_seq BETWEEN 20001 AND 562949953421312 THEN
      ahead := first_seq - head_seq;
    ELSE
      SELECT count(*) INTO ahead FROM (SELECT FROM executions e
       WHERE e.lane_id = p.lane_id AND e.seq < first_seq AND e.grant_id IS NULL AND e.end_requested IS NULL
       LIMIT 20000) x;
    END IF;
    estimate := release_estimate(p.lane_id, ahead);
    IF estimate IS NOT NULL THEN estimate := greatest(estimate, from_at, t); END IF;
  END IF;
  SELECT min(e.starts_at) INTO starts FROM executions e
   WHERE e.pack_id = p_pack AND e.seq >= 4611686018427387904 AND e.end_requested IS NULL;
  IF starts IS NOT NULL AND suspended IS NULL AND release_estimate(p.lane_id, 0) IS NOT NULL THEN
    estimate := least(estimate, greatest(starts, t));
  END IF;
  RETURN QUERY
  SELECT p.lane_id, p.portal_id, coalesce(array_agg(e.id), '{}'), given_up, (count(*) FILTER (WHERE e.grant_id IS NOT NULL))::int,
         (count(*) FILTER (WHERE e.grant_id IS NULL AND e.end_requested IS NOT NULL))::int,
         estimate,
         (SELECT min(g.lease_until) FROM lane_grants g
           WHERE g.id = ANY (array_agg(DISTINCT e.grant_id) FILTER (WHERE e.grant_id IS NOT NULL))),
         min(e.expires_at) FILTER (WHERE e.grant_id IS NULL AND e.end_requested IS NULL) - guard,
         min(e.expires_at) FILTER (WHERE e.grant_id IS NOT NULL OR e.end_requested IS NOT NULL) + interval '1 minute',
         suspended,
         EXISTS (SELECT 1 FROM lanes l WHERE l.id = p.lane_id AND l.paused_at IS NOT NULL),
         (SELECT o.state FROM portals o WHERE o.portal_id = p.portal_id), t
    FROM executions e WHERE e.pack_id = p_pack;
END $$;
GRANT EXECUTE ON FUNCTION look_at_pack TO sluice_app;
