-- One round trip between a process and the rings of HubSpot's limits, for any number of portals: what it leased comes back
-- (used, unused, or still in flight), what HubSpot's headers said is taken in, and what it needs is leased.
--
-- A slot is free when free_at has passed: one interval after the answer of the request that used it. While leased, free_at is
-- the end of the lease plus one interval: a process that dies may have sent its last request at the very end of the lease.
-- Leasing raises the fence; whoever reports under an older one has lost the slot and is ignored.
--
-- Nothing here waits for a row lock (SKIP LOCKED), so no order of portals can deadlock. New rings are the exception, and are
-- inserted in order.
CREATE OR REPLACE FUNCTION budget_exchange(
  p_owner text, p_ring text, p_slots int, p_interval_ms float8, p_lease_ms float8, p_patience_ms float8,
  p_back_portal bigint[], p_back_n int[], p_back_fence bigint[], p_back_what text[], p_back_age_ms float8[],
  p_seen_portal bigint[], p_seen_remaining int[], p_seen_age_ms float8[],
  p_portal bigint[], p_fast int[], p_slow int[], p_create boolean
) RETURNS TABLE (
  what text, portal_id float8, n int, fence float8, next_ms float8, leased int, blocked_ms float8, blocked_reason text
) LANGUAGE plpgsql
-- A plan made while the table was empty would scan it whole when it has grown, until the next ANALYZE: every access is by key.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  ms CONSTANT interval := interval '1 millisecond';
  t timestamptz := clock_timestamp();
  span interval := p_interval_ms * ms;
  leased_until timestamptz := t + (p_lease_ms + p_interval_ms) * ms;
  seen record;
  idle int[];
BEGIN
  IF cardinality(p_back_portal) > 0 THEN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
      SELECT s.portal_id, s.n, b.what, b.age_ms
        FROM unnest(p_back_portal, p_back_n, p_back_fence, p_back_what, p_back_age_ms) AS b (portal_id, n, fence, what, age_ms)
        JOIN budget_slots s ON s.portal_id = b.portal_id AND s.ring = p_ring AND s.n = b.n AND s.fence = b.fence
         FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE budget_slots s
       SET free_at = CASE m.what WHEN 'used' THEN t + span - m.age_ms * ms WHEN 'unused' THEN t ELSE leased_until END,
           holder = CASE m.what WHEN 'in_flight' THEN p_owner END
      FROM mine m WHERE s.portal_id = m.portal_id AND s.ring = p_ring AND s.n = m.n
    RETURNING m.what, s.portal_id::float8, s.n::int, s.fence::float8, NULL::float8, NULL::int, NULL::float8, NULL::text;
  END IF;

  -- HubSpot counts calls of others under the same limit. Where it says that less is left than our ring has free, the difference
  -- is taken out for one interval. Slots that came free after the header was written are no difference, so they are left out.
  FOR seen IN SELECT * FROM unnest(p_seen_portal, p_seen_remaining, p_seen_age_ms) AS u (portal_id, remaining, age_ms) LOOP
    CONTINUE WHEN seen.remaining >= (SELECT count(*) FROM budget_slots s WHERE s.portal_id = seen.portal_id AND s.ring = p_ring
                                        AND s.n <= p_slots AND s.free_at <= t - seen.age_ms * ms);
    -- All of them are locked, not only those taken out: two processes that saw the same header must not both take them.
    SELECT array_agg(f.n) INTO idle FROM (
      SELECT s.n FROM budget_slots s WHERE s.portal_id = seen.portal_id AND s.ring = p_ring AND s.n <= p_slots
         AND s.free_at <= t - seen.age_ms * ms ORDER BY s.free_at FOR UPDATE SKIP LOCKED) f;
    UPDATE budget_slots s SET free_at = t + span, holder = 'others'
     WHERE s.portal_id = seen.portal_id AND s.ring = p_ring AND s.n = ANY (idle[1:greatest(0, cardinality(idle) - seen.remaining)]);
  END LOOP;

  IF p_create THEN
    INSERT INTO budget_slots (portal_id, ring, n, workspace_id, free_at)
    SELECT p.portal_id, p_ring, g.n, p.workspace_id, t
      FROM portals p CROSS JOIN generate_series(1, p_slots) AS g (n)
     WHERE p.portal_id = ANY (p_portal)
       AND NOT EXISTS (SELECT FROM budget_slots s WHERE s.portal_id = p.portal_id AND s.ring = p_ring AND s.n = p_slots)
     ORDER BY p.portal_id, g.n
    ON CONFLICT DO NOTHING;
  END IF;

  IF cardinality(p_portal) > 0 THEN
    RETURN QUERY
    WITH free AS MATERIALIZED (
      SELECT d.portal_id, f.n, d.fast, f.free_at, row_number() OVER (PARTITION BY d.portal_id ORDER BY f.free_at) AS k
        FROM unnest(p_portal, p_fast, p_slow) AS d (portal_id, fast, slow)
       CROSS JOIN LATERAL (
         SELECT s.n, s.free_at FROM budget_slots s
          WHERE s.portal_id = d.portal_id AND s.ring = p_ring AND s.n <= p_slots AND s.free_at <= t
          ORDER BY s.free_at LIMIT d.fast + d.slow FOR UPDATE SKIP LOCKED) f
       WHERE NOT EXISTS (SELECT FROM budget_rings r WHERE r.portal_id = d.portal_id AND r.ring = p_ring AND r.blocked_until > t)
    )
    -- Slow priorities take only what nobody fast has wanted for a moment, in any process.
    UPDATE budget_slots s SET free_at = leased_until, fence = s.fence + 1, holder = p_owner
      FROM free f
     WHERE s.portal_id = f.portal_id AND s.ring = p_ring AND s.n = f.n AND (f.k <= f.fast OR f.free_at <= t - p_patience_ms * ms)
    RETURNING 'leased', s.portal_id::float8, s.n::int, s.fence::float8, NULL::float8, NULL::int, NULL::float8, NULL::text;

    RETURN QUERY
    SELECT 'ring', d.id::float8, count(s.n)::int, NULL::float8, (extract(epoch FROM min(s.free_at) - t) * 1000)::float8,
           (count(*) FILTER (WHERE s.free_at > t AND s.holder <> 'others'))::int,
           greatest(0, extract(epoch FROM max(r.blocked_until) - t) * 1000)::float8, max(r.blocked_reason)
      FROM unnest(p_portal) AS d (id)
      LEFT JOIN budget_slots s ON s.portal_id = d.id AND s.ring = p_ring AND s.n <= p_slots
      LEFT JOIN budget_rings r ON r.portal_id = d.id AND r.ring = p_ring
     GROUP BY d.id;
  END IF;
END $$;
