-- One round trip between a process and a bucket of HubSpot's limits (column `ring`), for any number of portals: the
-- process reports what became of slots that it leased (used, unused, a half-open breaker's one slot unused, or still in
-- flight) and what HubSpot's headers said, and leases the slots that it needs.
--
-- A slot is free when free_at has passed: one interval after the answer of the request that used it. While a slot is
-- leased, free_at is the end of the lease plus one interval: a process that dies may have sent its last request at the
-- very end of the lease. Leasing raises the fence; a report under an older fence is ignored, since its slot was taken
-- over.
--
-- Completions take what is free. All other priorities are paced: slots are given out evenly, with a small burst, so
-- that they also come free evenly, and a completion never finds a bucket that was used up at once and stays so for an
-- interval. The pace is read from the slots themselves (leased_at): no state of its own can go wrong. Among the paced
-- priorities turns go by weight (start-time fair queuing, its state in budget_rings): a priority out of turn leaves a
-- free slot alone for a moment, and takes it when no other priority came.
--
-- Nothing here waits for a row lock (SKIP LOCKED), so no order of portals can deadlock. New rows are the exception, and
-- are inserted in order.
CREATE OR REPLACE FUNCTION exchange_slots(
  p_workspaces text,
  p_owner text, p_ring text, p_slots int, p_interval_ms float8, p_lease_ms float8, p_patience_ms float8,
  p_mark_ms float8, p_probe_ms float8, p_weights float8[], p_bursts int[],
  p_back_portal bigint[], p_back_n int[], p_back_fence bigint[], p_back_what text[], p_back_age_ms float8[],
  p_back_priority text[], p_seen_portal bigint[], p_seen_remaining int[], p_seen_max int[],
  p_seen_age_ms float8[],
  p_portal bigint[], p_completion int[], p_interactive int[], p_outbox int[], p_sync int[], p_backfill int[],
  p_create boolean
) RETURNS TABLE (
  what text, portal_id float8, n int, fence float8, priority text, next_ms float8, pace_ms float8, leased int,
  taken int, blocked_ms float8, blocked_reason text, opens int
) LANGUAGE plpgsql
-- A plan that was made while the table was empty would scan it whole when it has grown, until the next ANALYZE. Every
-- access is by key, so that one plan fits all; a new plan for each portal would cost eight times what the statement
-- does.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  ms CONSTANT interval := interval '1 millisecond';
  limit_known CONSTANT interval := interval '1 hour';
  limit_renewed CONSTANT interval := interval '50 minutes';
  names CONSTANT text[] := '{interactive,outbox,sync,backfill}';
  t timestamptz := clock_timestamp();
  span interval := p_interval_ms * ms;
  leased_until timestamptz := t + (p_lease_ms + p_interval_ms) * ms;
  pace interval := span / p_slots;
  -- Token requests do not count as the portal's: they go while it is blocked, and do not prove that it can be reached.
  rings text[] := CASE p_ring WHEN 'oauth' THEN ARRAY[p_ring] ELSE ARRAY[p_ring, 'portal'] END;
  seen record;
  demand record;
  state record;
  slot record;
  idle int[];
  blocked bigint[];
  half_open bigint[];
  debt float8;
  rivals float8;
  served int[];
  base float8[];
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);

  IF cardinality(p_back_portal) > 0 THEN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
      SELECT s.portal_id, s.n, b.what, b.age_ms, b.priority
        FROM unnest(p_back_portal, p_back_n, p_back_fence, p_back_what, p_back_age_ms, p_back_priority)
               AS b (portal_id, n, fence, what, age_ms, priority)
        JOIN budget_slots s ON s.portal_id = b.portal_id AND s.ring = p_ring AND s.n = b.n AND s.fence = b.fence
         FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE budget_slots s
       SET free_at = CASE m.what WHEN 'used' THEN t + span - m.age_ms * ms WHEN 'in_flight' THEN leased_until
                     ELSE t END,
           holder = CASE m.what WHEN 'in_flight' THEN p_owner END,
           priority = m.priority
      FROM mine m WHERE s.portal_id = m.portal_id AND s.ring = p_ring AND s.n = m.n
    RETURNING m.what, s.portal_id::float8, s.n::int, s.fence::float8, NULL::text, NULL::float8, NULL::float8, NULL::int,
              NULL::int, NULL::float8, NULL::text, NULL::int;

    -- The one request of a half-open breaker was not sent: another may go at once, and not only when its time is over.
    IF 'probe_unused' = ANY (p_back_what) THEN
      WITH given_back AS MATERIALIZED (
        SELECT r.portal_id
          FROM unnest(p_back_portal, p_back_n, p_back_fence, p_back_what) AS b (portal_id, n, fence, what)
          JOIN budget_slots s ON s.portal_id = b.portal_id AND s.ring = p_ring AND s.n = b.n AND s.fence = b.fence
          JOIN budget_rings r ON r.portal_id = b.portal_id AND r.ring = 'portal' AND r.blocked_reason = 'probe'
         WHERE b.what = 'probe_unused'
           FOR UPDATE OF r SKIP LOCKED
      )
      UPDATE budget_rings r SET blocked_until = t
        FROM given_back g WHERE r.portal_id = g.portal_id AND r.ring = 'portal';
    END IF;
  END IF;

  -- HubSpot counts calls of others under the same limit. Where it says that less is left than our bucket has free, the
  -- difference is taken out for one interval. Slots that came free after the header was written are left out of the
  -- count.
  FOR seen IN SELECT * FROM unnest(p_seen_portal, p_seen_remaining, p_seen_max, p_seen_age_ms)
                         AS u (portal_id, remaining, most, age_ms) LOOP
    -- A portal whose own limit is lower than the one that is set here: what lies above it is left out until an hour has
    -- passed without a header that says so. Its times do not count for the pace (leased_at).
    IF seen.most < p_slots THEN
      WITH above AS MATERIALIZED (
        SELECT s.n FROM budget_slots s
         WHERE s.portal_id = seen.portal_id AND s.ring = p_ring AND s.n > seen.most AND s.n <= p_slots
           AND (s.free_at <= t OR (s.holder = 'others' AND s.free_at < t + limit_renewed))
           FOR UPDATE SKIP LOCKED
      )
      UPDATE budget_slots s SET free_at = t + limit_known, holder = 'others', priority = NULL, leased_at = NULL
        FROM above a WHERE s.portal_id = seen.portal_id AND s.ring = p_ring AND s.n = a.n;
    END IF;
    CONTINUE WHEN seen.remaining >= (SELECT count(*) FROM budget_slots s
                                      WHERE s.portal_id = seen.portal_id AND s.ring = p_ring
                                        AND s.n <= p_slots AND s.free_at <= t - seen.age_ms * ms);
    -- All free slots are locked, not only those taken out: two processes that saw the same header must not both take
    -- them.
    SELECT array_agg(f.n) INTO idle FROM (
      SELECT s.n FROM budget_slots s WHERE s.portal_id = seen.portal_id AND s.ring = p_ring AND s.n <= p_slots
         AND s.free_at <= t - seen.age_ms * ms ORDER BY s.free_at FOR UPDATE SKIP LOCKED) f;
    idle := idle[1:greatest(0, cardinality(idle) - seen.remaining)];
    CONTINUE WHEN coalesce(cardinality(idle), 0) = 0;
    UPDATE budget_slots s SET free_at = t + span, holder = 'others', priority = NULL, leased_at = t
     WHERE s.portal_id = seen.portal_id AND s.ring = p_ring AND s.n = ANY (idle);
    PERFORM FROM budget_rings r WHERE r.portal_id = seen.portal_id AND r.ring = p_ring FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    UPDATE budget_rings r SET others_used = cardinality(idle), others_seen_at = t
     WHERE r.portal_id = seen.portal_id AND r.ring = p_ring;
  END LOOP;

  IF p_create THEN
    INSERT INTO budget_slots (portal_id, ring, n, workspace_id, free_at)
    SELECT p.portal_id, p_ring, g.n, p.workspace_id, t
      FROM portals p CROSS JOIN generate_series(1, p_slots) AS g (n)
     WHERE p.portal_id = ANY (p_portal)
       AND NOT EXISTS (SELECT FROM budget_slots s
                        WHERE s.portal_id = p.portal_id AND s.ring = p_ring AND s.n = p_slots)
     ORDER BY p.portal_id, g.n
    ON CONFLICT DO NOTHING;
    INSERT INTO budget_rings (portal_id, ring, workspace_id)
    SELECT p.portal_id, p_ring, p.workspace_id
      FROM portals p
     WHERE p.portal_id = ANY (p_portal)
       AND NOT EXISTS (SELECT FROM budget_rings r WHERE r.portal_id = p.portal_id AND r.ring = p_ring)
     ORDER BY p.portal_id
    ON CONFLICT DO NOTHING;
  END IF;

  IF cardinality(p_portal) = 0 THEN
    RETURN;
  END IF;

  SELECT coalesce(array_agg(r.portal_id) FILTER (WHERE r.blocked_until > t), '{}'),
         coalesce(array_agg(r.portal_id) FILTER (WHERE r.breaker_opens > 0 AND r.blocked_until <= t), '{}')
    INTO blocked, half_open
    FROM budget_rings r WHERE r.portal_id = ANY (p_portal) AND r.ring = ANY (rings);

  -- A breaker whose time is over lets one request through, in one process; the others wait for what becomes of it.
  FOR demand IN SELECT u.* FROM unnest(p_portal, p_completion, p_interactive, p_outbox, p_sync)
                              AS u (portal_id, completion, interactive, outbox, sync)
               WHERE u.portal_id = ANY (half_open) LOOP
    CONTINUE WHEN demand.portal_id = ANY (blocked);
    blocked := blocked || demand.portal_id;
    PERFORM FROM budget_rings r
      WHERE r.portal_id = demand.portal_id AND r.ring = 'portal' AND r.breaker_opens > 0 AND r.blocked_until <= t
        FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    WITH free AS MATERIALIZED (
      SELECT s.n FROM budget_slots s
       WHERE s.portal_id = demand.portal_id AND s.ring = p_ring AND s.n <= p_slots AND s.free_at <= t
       ORDER BY s.free_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE budget_slots s SET free_at = leased_until, fence = s.fence + 1, holder = p_owner, leased_at = t,
           priority = CASE WHEN demand.completion > 0 THEN 'completion' WHEN demand.interactive > 0 THEN 'interactive'
                           WHEN demand.outbox > 0 THEN 'outbox' WHEN demand.sync > 0 THEN 'sync' ELSE 'backfill' END
      FROM free f WHERE s.portal_id = demand.portal_id AND s.ring = p_ring AND s.n = f.n
    RETURNING s.n, s.fence, s.priority INTO slot;
    CONTINUE WHEN NOT FOUND;
    UPDATE budget_rings r SET blocked_until = t + p_probe_ms * ms, blocked_reason = 'probe'
     WHERE r.portal_id = demand.portal_id AND r.ring = 'portal';
    what := 'probe'; portal_id := demand.portal_id; n := slot.n; fence := slot.fence; priority := slot.priority;
    RETURN NEXT;
  END LOOP;

  RETURN QUERY
  WITH free AS MATERIALIZED (
    SELECT d.portal_id, f.n
      FROM unnest(p_portal, p_completion) AS d (portal_id, completion)
     CROSS JOIN LATERAL (
       SELECT s.n FROM budget_slots s
        WHERE s.portal_id = d.portal_id AND s.ring = p_ring AND s.n <= p_slots AND s.free_at <= t
        ORDER BY s.free_at LIMIT d.completion FOR UPDATE SKIP LOCKED) f
     WHERE d.completion > 0 AND d.portal_id <> ALL (blocked)
  )
  UPDATE budget_slots s
     SET free_at = leased_until, fence = s.fence + 1, holder = p_owner, leased_at = t, priority = 'completion'
    FROM free f WHERE s.portal_id = f.portal_id AND s.ring = p_ring AND s.n = f.n
  RETURNING 'leased', s.portal_id::float8, s.n::int, s.fence::float8, s.priority, NULL::float8, NULL::float8, NULL::int,
            NULL::int, NULL::float8, NULL::text, NULL::int;

  FOR demand IN SELECT u.portal_id, ARRAY[u.interactive, u.outbox, u.sync, u.backfill] AS counts
                FROM unnest(p_portal, p_interactive, p_outbox, p_sync, p_backfill)
                       AS u (portal_id, interactive, outbox, sync, backfill)
               WHERE u.interactive + u.outbox + u.sync + u.backfill > 0 AND u.portal_id <> ALL (blocked) LOOP
    -- One process at a time, or two would each give out what the pace allows; the second asks again in a moment.
    SELECT coalesce(r.passes, '{0,0,0,0,0}') AS passes,
           coalesce(r.wanted, array_fill('-infinity'::timestamptz, ARRAY[4])) AS wanted
      INTO state
      FROM budget_rings r WHERE r.portal_id = demand.portal_id AND r.ring = p_ring FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    t := clock_timestamp();

    -- How many slots the bucket is ahead of an even pace. A statement of its own sees what was given out before the
    -- lock.
    SELECT greatest(0, extract(epoch FROM max(h.leased_at + h.k * pace) - t) / extract(epoch FROM pace)) INTO debt
      FROM (SELECT s.leased_at, row_number() OVER (ORDER BY s.leased_at DESC) AS k FROM budget_slots s
             WHERE s.portal_id = demand.portal_id AND s.ring = p_ring AND s.n <= p_slots AND s.free_at > t
               AND s.leased_at IS NOT NULL) h;
    debt := coalesce(debt, 0);
    base := ARRAY(SELECT greatest(state.passes[i], state.passes[5]) FROM generate_series(1, 4) AS i ORDER BY i);
    SELECT min(base[i]) INTO rivals
      FROM generate_series(1, 4) AS i WHERE demand.counts[i] = 0 AND state.wanted[i] > t;
    served := '{0,0,0,0}';

    FOR slot IN
      WITH turns AS (
        SELECT q.i, q.k, q.tag > rivals AS yields,
               -- A priority bursts only while no other is at turn: else its burst would keep the other waiting for
               -- good.
               least(min(q.burst) OVER (ORDER BY q.k), CASE WHEN q.tag > rivals THEN p_bursts[4] END) AS burst
          FROM (SELECT w.i, base[w.i] + (j - 1) / p_weights[w.i] AS tag, p_bursts[w.i] AS burst,
                       row_number() OVER (ORDER BY base[w.i] + (j - 1) / p_weights[w.i], w.i) AS k
                  FROM generate_series(1, 4) AS w (i) CROSS JOIN LATERAL generate_series(1, demand.counts[w.i]) AS j) q
      ), free AS MATERIALIZED (
        SELECT f.n, f.free_at, row_number() OVER (ORDER BY f.free_at) AS k
          FROM (SELECT s.n, s.free_at FROM budget_slots s
                 WHERE s.portal_id = demand.portal_id AND s.ring = p_ring AND s.n <= p_slots AND s.free_at <= t
                 ORDER BY s.free_at
                 LIMIT least((SELECT sum(c) FROM unnest(demand.counts) AS c), greatest(0, ceil(p_bursts[1] - debt)))
                   FOR UPDATE SKIP LOCKED) f
      )
      UPDATE budget_slots s
         SET free_at = leased_until, fence = s.fence + 1, holder = p_owner, leased_at = t, priority = names[g.i]
        FROM free f JOIN turns g USING (k)
       WHERE s.portal_id = demand.portal_id AND s.ring = p_ring AND s.n = f.n
         AND g.k <= g.burst - debt
         AND f.free_at <= t - CASE WHEN coalesce(g.yields, false) THEN 3 WHEN g.i >= 3 THEN 1 ELSE 0 END
                              * p_patience_ms * ms
      RETURNING s.n, s.fence, g.i
    LOOP
      served[slot.i] := served[slot.i] + 1;
      what := 'leased'; portal_id := demand.portal_id; n := slot.n; fence := slot.fence; priority := names[slot.i];
      RETURN NEXT;
    END LOOP;

    UPDATE budget_rings r
       SET passes = ARRAY(SELECT CASE WHEN served[i] > 0 THEN base[i] + served[i] / p_weights[i]
                                      ELSE state.passes[i] END
                            FROM generate_series(1, 4) AS i ORDER BY i)
                    || greatest(state.passes[5], (SELECT max(base[i] + (served[i] - 1) / p_weights[i])
                                                    FROM generate_series(1, 4) AS i WHERE served[i] > 0)),
           wanted = ARRAY(SELECT CASE WHEN demand.counts[i] > served[i] THEN t + p_mark_ms * ms
                                      ELSE state.wanted[i] END
                            FROM generate_series(1, 4) AS i ORDER BY i)
     WHERE r.portal_id = demand.portal_id AND r.ring = p_ring;

    what := 'pace'; portal_id := demand.portal_id; n := NULL; fence := NULL; priority := NULL;
    pace_ms := (debt + (SELECT sum(c) FROM unnest(served) AS c)) * extract(epoch FROM pace) * 1000;
    RETURN NEXT;
    pace_ms := NULL;
  END LOOP;

  t := clock_timestamp();
  RETURN QUERY
  SELECT 'ring', d.id::float8, count(s.n)::int, NULL::float8, NULL::text,
         (extract(epoch FROM min(s.free_at) - t) * 1000)::float8, NULL::float8,
         (count(*) FILTER (WHERE s.free_at > t AND s.holder <> 'others'))::int,
         (count(*) FILTER (WHERE s.free_at > t))::int,
         greatest(0, extract(epoch FROM max(r.blocked_until) - t) * 1000)::float8, max(r.blocked_reason), max(r.opens)
    FROM unnest(p_portal) AS d (id)
    LEFT JOIN budget_slots s ON s.portal_id = d.id AND s.ring = p_ring AND s.n <= p_slots
    LEFT JOIN LATERAL (
      SELECT max(r.blocked_until) AS blocked_until, max(r.breaker_opens)::int AS opens,
             (array_agg(r.blocked_reason ORDER BY r.blocked_until DESC NULLS LAST))[1] AS blocked_reason
        FROM budget_rings r WHERE r.portal_id = d.id AND r.ring = ANY (rings)) r ON true
   GROUP BY d.id;
END $$;
GRANT EXECUTE ON FUNCTION exchange_slots TO sluice_app;
