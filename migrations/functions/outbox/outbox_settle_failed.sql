-- The part of outbox_settle for events that did not take effect. Returns the ordering keys whose head is out of the way.
CREATE OR REPLACE FUNCTION outbox_settle_failed(p_portal bigint, p_at timestamptz, p_others jsonb) RETURNS text[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  ms CONSTANT interval := interval '1 millisecond';
  freed text[];
BEGIN
  -- Numbered on over redrives, after which attempts begin anew.
  INSERT INTO outbox_attempts (event_id, n, workspace_id, at, error_class, message, correlation_id)
  SELECT e.id, least(32767, 1 + coalesce((SELECT max(a.n) FROM outbox_attempts a WHERE a.event_id = e.id), 0)), e.workspace_id, p_at, o.class, o.error, o."correlationId"
    FROM jsonb_to_recordset(p_others) AS o (id bigint, "to" text, class text, error text, "correlationId" text)
    JOIN outbox_pending e ON e.id = o.id
   WHERE o."to" IN ('retry', 'dead')
  ON CONFLICT DO NOTHING;

  -- Of several events of one ordering key only the first has a time of its own; the others are set aside behind it. With times of their own a
  -- later one would overtake.
  UPDATE outbox_pending e
     SET state = CASE WHEN o.first THEN 1 ELSE 2 END, due_at = CASE WHEN o.first THEN p_at + o."inMs" * ms END,
         attempts = e.attempts + (o."to" = 'retry')::int, last_error = o.error, error_class = o.class, effects = coalesce(o.effects, e.effects)
    FROM (SELECT r.*, p.ordering_key IS NULL OR r.id = min(r.id) OVER (PARTITION BY p.ordering_key) AS first
            FROM jsonb_to_recordset(p_others) AS r (id bigint, "to" text, "inMs" float8, class text, error text, effects jsonb)
            JOIN outbox_pending p ON p.id = r.id
           WHERE r."to" IN ('retry', 'paused')) o
   WHERE e.id = o.id;

  -- They may have been sent as one write, whose answer is lost: what of it may be in HubSpot is the least that is sent again.
  INSERT INTO outbox_holds AS h (portal_id, ordering_key, workspace_id, head_id, release_upto, sent_upto)
  SELECT p_portal, e.ordering_key, min(e.workspace_id::text)::uuid, min(e.id), min(e.id), max(e.id)
    FROM jsonb_to_recordset(p_others) AS o (id bigint, "to" text) JOIN outbox_pending e ON e.id = o.id
   WHERE o."to" IN ('retry', 'paused') AND e.ordering_key IS NOT NULL
   GROUP BY e.ordering_key ORDER BY e.ordering_key
  ON CONFLICT (portal_id, ordering_key) DO UPDATE
    SET head_id = excluded.head_id, release_upto = excluded.head_id, sent_upto = greatest(h.sent_upto, excluded.sent_upto);

  -- What waits for people is told once, with the first of them.
  INSERT INTO notices (workspace_id, kind, portal_id, detail, state)
  SELECT w.id, 'outbox.waiting', p_portal, jsonb_build_object('class', o.class, 'events', count(*), 'eventId', min(o.id)::text),
         CASE WHEN w.notify_url IS NULL THEN 'kept' ELSE 'pending' END
    FROM jsonb_to_recordset(p_others) AS o (id bigint, tell boolean, class text)
    JOIN outbox_pending e ON e.id = o.id JOIN workspaces w ON w.id = e.workspace_id
   WHERE o.tell GROUP BY w.id, w.notify_url, o.class;

  WITH gone AS (
    DELETE FROM outbox_pending e USING jsonb_to_recordset(p_others) AS o (id bigint, "to" text, class text, error text, effects jsonb)
     WHERE e.id = o.id AND o."to" = 'dead'
    RETURNING e.*, o.class, o.error, o.effects AS new_effects
  ), kept AS (
    INSERT INTO outbox_dead (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts,
                             last_error, error_class, effects, state, reason, died_at)
    SELECT id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, attempts + 1, error, class,
           coalesce(new_effects, effects), 'dead', error, p_at
      FROM gone
  )
  SELECT array_agg(ordering_key) FILTER (WHERE ordering_key IS NOT NULL) INTO freed FROM gone;
  RETURN coalesce(freed, '{}');
END $$;
GRANT EXECUTE ON FUNCTION outbox_settle_failed TO sluice_app;
