-- What applications write into. Run by `migrate` in our own database, and by `sluice outbox install` in an application's; may run any
-- number of times. Append-only and without a unique key: a capture never waits for another one, and cannot deadlock with it.
CREATE SEQUENCE IF NOT EXISTS outbox_event_ids;

-- Wakes the dispatcher, if it sleeps. NOTIFY makes commits wait for one another (Postgres writes its queue in the order of commits), so it
-- is sent only then. The dispatcher sleeps under an exclusive advisory lock, which it takes only while no capture holds a shared one:
-- one that finds the dispatcher awake keeps it awake until it has committed.
CREATE OR REPLACE FUNCTION outbox_wake_collector() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY sluice_outbox;
  RETURN clock_timestamp();
END $$;
-- Whoever may write into the table must be able to; databases exist in which new functions are not everybody's.
GRANT EXECUTE ON FUNCTION outbox_wake_collector() TO PUBLIC;

CREATE TABLE IF NOT EXISTS outbox_inbox (
  id bigint PRIMARY KEY DEFAULT nextval('outbox_event_ids'),
  type text NOT NULL,
  version smallint,
  payload jsonb,
  event_key text,
  ordering_key text,
  portal_id bigint,
  occurred_at timestamptz,
  -- Why the library took it for invalid, when it did.
  note text,
  -- By the default that is set below; never named by an INSERT.
  captured_at timestamptz NOT NULL
);
-- Rows live for a second: vacuum must not wait for a share of a table that is empty most of the time.
ALTER TABLE outbox_inbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- A default and not a trigger: that would cost a capture twice as much as the lock. Inboxes from before have the trigger. Not done again
-- where it was done: ALTER TABLE waits for all captures that are under way, and holds up those that come.
DO $$
BEGIN
  IF (SELECT column_default LIKE '%outbox_wake_collector%' FROM information_schema.columns
       WHERE table_schema = current_schema() AND table_name = 'outbox_inbox' AND column_name = 'captured_at') THEN RETURN; END IF;
  ALTER TABLE outbox_inbox ALTER COLUMN captured_at SET DEFAULT CASE
    WHEN pg_try_advisory_xact_lock_shared(7526478926) THEN clock_timestamp() ELSE outbox_wake_collector() END;
  DROP TRIGGER IF EXISTS outbox_inbox_hint ON outbox_inbox;
  DROP FUNCTION IF EXISTS outbox_inbox_hint();
END $$;

-- For applications in any language, in their own transaction: SELECT sluice_track_event('invoice_paid', '{"email": …}', 'invoice-17').
-- Returns the event's id. Whoever may call it needs no right on the table. Where `sluice.enabled` is off (SET, ALTER ROLE … SET, ALTER
-- DATABASE … SET) nothing is captured, and NULL returned.
CREATE OR REPLACE FUNCTION sluice_track_event(
  type text, payload jsonb, key text DEFAULT NULL, ordering_key text DEFAULT NULL, portal_id bigint DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL, version smallint DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql -- whose plans are kept; those of an SQL function are made at each call, which doubles its cost
SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  event_id bigint;
BEGIN
  IF current_setting('sluice.enabled', true) IN ('off', 'false') THEN RETURN NULL; END IF;
  INSERT INTO outbox_inbox (type, payload, event_key, ordering_key, portal_id, occurred_at, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id INTO event_id;
  RETURN event_id;
END $$;

-- What the library calls in a transaction of its caller: the id, or `!` and the SQLSTATE with which the row was refused. The transaction goes
-- on in either case; what came before it is kept. With the rights of the caller, and so with names that mean the same on every search path:
-- a function with rights or a path of its own costs each call some microseconds more.
CREATE OR REPLACE FUNCTION sluice_capture(
  type text, payload text, event_key text, ordering_key text, portal_id bigint, occurred_at timestamptz, version smallint, note text
) RETURNS text LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
DECLARE
  event_id bigint;
BEGIN
  INSERT INTO public.outbox_inbox (type, payload, event_key, ordering_key, portal_id, occurred_at, version, note)
  VALUES ($1, $2::pg_catalog.jsonb, $3, $4, $5, $6, $7, $8) RETURNING id INTO event_id;
  RETURN event_id;
EXCEPTION WHEN OTHERS OR query_canceled THEN
  RETURN pg_catalog.concat('!', SQLSTATE);
END $$;
