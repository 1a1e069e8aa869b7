-- When the window of a lane lets the execution go that has `p_ahead` before it. Null while the lane is paused or its
-- portal is not active. Its transaction names the workspace.
-- The N slots of the window, the free ones first, come round every interval: the p-th goes at
-- slot(p mod N) + (p div N) * interval.
CREATE OR REPLACE FUNCTION release_estimate(p_lane bigint, p_ahead bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
  t timestamptz := clock_timestamp();
  l lanes%ROWTYPE;
  span interval;
  w record;
  slot bigint;
  freed timestamptz;
  last_granted timestamptz;
BEGIN
  SELECT * INTO l FROM lanes WHERE id = p_lane;
  IF NOT FOUND OR l.paused_at IS NOT NULL
     OR NOT EXISTS (SELECT FROM portals o WHERE o.portal_id = l.portal_id AND o.state = 'active') THEN
    RETURN NULL;
  END IF;
  span := l.rate_interval_ms * interval '1 millisecond';
  SELECT * INTO w FROM window_use(p_lane, t - span);
  slot := p_ahead % l.rate_limit - greatest(0, l.rate_limit - w.used);
  IF slot < 0 THEN
    freed := t;
  ELSE
    -- What is used beyond N (after the rate was lowered) has to leave the window first.
    slot := slot + greatest(0, w.used - l.rate_limit);
    freed := coalesce(window_place(p_lane, t - span, w.numbered, w.before, slot), t) + span;
  END IF;
  freed := freed + (p_ahead / l.rate_limit) * span;
  IF l.spread THEN
    SELECT last_granted_at INTO last_granted FROM lane_windows WHERE lane_id = p_lane;
    freed := greatest(freed, coalesce(last_granted + span / l.rate_limit, t) + p_ahead * (span / l.rate_limit));
  END IF;
  RETURN freed;
END $$;
GRANT EXECUTE ON FUNCTION release_estimate TO sluice_app;
