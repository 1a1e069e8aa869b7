-- What applications write into. Run by `migrate` in our own database, and by `sluice outbox install` in an application's; may run any
-- number of times. Append-only and without a unique key: a capture never waits for another one, and cannot deadlock with it.
CREATE SEQUENCE IF NOT EXISTS outbox_event_ids;

-- Logins that capture are members of this role, and bound to their portals (`sluice outbox bind`).
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_capture') THEN RETURN; END IF;
  CREATE ROLE sluice_capture NOLOGIN NOBYPASSRLS;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'This login may not make the role sluice_capture: somebody who may (CREATEROLE) runs CREATE ROLE sluice_capture NOLOGIN first';
END $$;

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
  -- Never named by an INSERT.
  captured_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Rows live for a second: vacuum must not wait for a share of a table that is empty most of the time.
ALTER TABLE outbox_inbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Whether an event can be kept, whoever writes it and by whatever way. What cannot is refused with words for its writer, which hold no value of
-- the event: such a row would come again and again to whoever empties the inbox, and at last not fit into an index. The library and the API
-- check the same bounds before (src/sdk/outbox). One function over the row and not a list of checks, which each INSERT would have to read and
-- plan. Changing a bound here changes no table.
CREATE OR REPLACE FUNCTION outbox_inbox_accepts(event outbox_inbox) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  column_name text;
  rule text;
BEGIN
  -- One expression for all that is sound. What is not set has no bound. A level costs at least 8 bytes, so what is small is not deep; nor is it
  -- long, but for numbers of a thousand digits, which the dispatcher sets aside.
  IF (event.id > 0 AND char_length(event.type) <= 200
      AND char_length(event.event_key) BETWEEN 1 AND 200 AND char_length(event.ordering_key) BETWEEN 1 AND 200
      AND event.portal_id BETWEEN 1 AND 9007199254740991
      AND event.occurred_at BETWEEN timestamptz '1970-01-01 00:00+00' AND timestamptz '9999-12-31 00:00+00'
      AND event.captured_at BETWEEN timestamptz '1970-01-01 00:00+00' AND timestamptz '9999-12-31 00:00+00'
      AND char_length(event.note) <= 1000
      AND (pg_column_size(event.payload) <= 256
           OR pg_column_size(event.payload) <= 524288 AND octet_length(event.payload::text) <= 65536
              AND NOT jsonb_path_exists(event.payload, 'strict $.**{32} ? (@.type() == "array" || @.type() == "object")'))
     ) IS NOT FALSE THEN
    RETURN true;
  END IF;
  CASE
    WHEN event.id <= 0 THEN
      column_name := 'id'; rule := 'is left to its default, or greater than 0';
    WHEN char_length(event.type) > 200 THEN
      column_name := 'type'; rule := 'has at most 200 characters';
    WHEN char_length(event.event_key) NOT BETWEEN 1 AND 200 THEN
      column_name := 'event_key'; rule := 'has 1 to 200 characters';
    WHEN char_length(event.ordering_key) NOT BETWEEN 1 AND 200 THEN
      column_name := 'ordering_key'; rule := 'has 1 to 200 characters';
    WHEN event.portal_id NOT BETWEEN 1 AND 9007199254740991 THEN
      column_name := 'portal_id'; rule := 'is the number of a portal, from 1 to 9007199254740991';
    WHEN event.occurred_at NOT BETWEEN timestamptz '1970-01-01 00:00+00' AND timestamptz '9999-12-31 00:00+00' THEN
      column_name := 'occurred_at'; rule := 'is a time from 1970 to 9999';
    WHEN event.captured_at NOT BETWEEN timestamptz '1970-01-01 00:00+00' AND timestamptz '9999-12-31 00:00+00' THEN
      column_name := 'captured_at'; rule := 'is left to its default, or a time from 1970 to 9999';
    WHEN char_length(event.note) > 1000 THEN
      column_name := 'note'; rule := 'has at most 1000 characters';
    WHEN pg_column_size(event.payload) > 524288 OR octet_length(event.payload::text) > 65536 THEN
      column_name := 'payload'; rule := 'has at most 64 KiB as text (payload::text)';
    ELSE
      column_name := 'payload'; rule := 'has at most 32 levels';
  END CASE;
  RAISE EXCEPTION USING ERRCODE = 'check_violation', TABLE = 'outbox_inbox', COLUMN = column_name, CONSTRAINT = 'outbox_inbox_kept',
    MESSAGE = format('the event cannot be kept: its %s %s', column_name, rule), HINT = 'Nothing was captured. Correct the event at its source.';
END $$;
REVOKE EXECUTE ON FUNCTION outbox_inbox_accepts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_inbox_accepts TO sluice_capture;

-- Rows of before are not read for it: what they hold is seen to by the dispatcher. Not done again where it was done: ALTER TABLE waits for all
-- captures that are under way, and holds up those that come.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'outbox_inbox'::regclass AND conname = 'outbox_inbox_kept') THEN RETURN; END IF;
  ALTER TABLE outbox_inbox ADD CONSTRAINT outbox_inbox_kept CHECK (outbox_inbox_accepts(outbox_inbox.*)) NOT VALID;
END $$;

-- Nothing wakes the dispatcher: it looks ten times a second. A NOTIFY would make commits wait for one another and refuse PREPARE TRANSACTION,
-- and a lock that keeps it away while the dispatcher is awake costs a capture more than the look. Inboxes of earlier releases have one or the
-- other. Not done again where it was done: ALTER TABLE waits for all captures that are under way, and holds up those that come.
DO $$
BEGIN
  IF (SELECT column_default = 'clock_timestamp()' FROM information_schema.columns
       WHERE table_schema = current_schema() AND table_name = 'outbox_inbox' AND column_name = 'captured_at')
     AND to_regprocedure('outbox_inbox_hint()') IS NULL THEN RETURN; END IF;
  ALTER TABLE outbox_inbox ALTER COLUMN captured_at SET DEFAULT clock_timestamp();
  DROP TRIGGER IF EXISTS outbox_inbox_hint ON outbox_inbox;
  DROP FUNCTION IF EXISTS outbox_inbox_hint();
  DROP FUNCTION IF EXISTS outbox_wake_collector();
END $$;

-- The portals for which a login, or a role of which it is a member, may capture. 0: for every portal, and for the default one.
CREATE TABLE IF NOT EXISTS outbox_capture_portals (
  role text NOT NULL,
  portal_id bigint NOT NULL,
  PRIMARY KEY (portal_id, role)
);
-- Whose rows the login reads in the view outbox_events: the workspace that held the portal when it was bound. A portal may go to another one.
-- Not done again where it was done, as above: each transaction that has captured holds the table until its end.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'outbox_capture_portals'::regclass AND attname = 'reader_workspace') THEN RETURN; END IF;
  ALTER TABLE outbox_capture_portals ADD COLUMN reader_workspace uuid;
END $$;
GRANT SELECT ON outbox_capture_portals TO sluice_capture;
GRANT INSERT, SELECT (id) ON outbox_inbox TO sluice_capture;
GRANT USAGE ON SEQUENCE outbox_event_ids TO sluice_capture;

-- Binds whoever writes into the table itself; the owner is not held. Logins that were given INSERT before there was a binding keep what they
-- could do. Not done again where it was done: ALTER TABLE waits for all captures that are under way.
DO $$
DECLARE
  writer name;
BEGIN
  IF (SELECT relrowsecurity FROM pg_class WHERE oid = 'outbox_inbox'::regclass) THEN RETURN; END IF;
  FOR writer IN
    SELECT r.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
     WHERE c.oid = 'outbox_inbox'::regclass AND a.privilege_type = 'INSERT' AND r.oid <> c.relowner AND r.rolname <> 'sluice_capture'
  LOOP
    INSERT INTO outbox_capture_portals VALUES (writer, 0) ON CONFLICT DO NOTHING;
    EXECUTE format('GRANT sluice_capture TO %I', writer);
  END LOOP;
  INSERT INTO outbox_capture_portals VALUES (current_user, 0) ON CONFLICT DO NOTHING;
  CREATE POLICY bound ON outbox_inbox FOR INSERT WITH CHECK (EXISTS (
    SELECT FROM outbox_capture_portals b
     WHERE b.portal_id IN (coalesce(outbox_inbox.portal_id, 0), 0) AND pg_has_role(session_user, to_regrole(quote_ident(b.role))::oid, 'MEMBER')));
  CREATE POLICY read ON outbox_inbox FOR SELECT USING (true);
  CREATE POLICY move ON outbox_inbox FOR UPDATE USING (true);
  CREATE POLICY remove ON outbox_inbox FOR DELETE USING (true);
  ALTER TABLE outbox_inbox ENABLE ROW LEVEL SECURITY;
END $$;

-- For applications in any language, in their own transaction: SELECT sluice_track_event('invoice_paid', '{"email": …}', 'invoice-17').
-- Returns the event's id; raises a check_violation (23514) that names what cannot be kept. The login is a member of sluice_capture and bound
-- to the portal. Where `sluice.enabled` is off (SET, ALTER ROLE … SET, ALTER DATABASE … SET) nothing is captured, and NULL returned.
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
  -- The policy of the table does not hold its owner, as whom this runs.
  IF NOT EXISTS (
    SELECT FROM outbox_capture_portals b
     WHERE b.portal_id IN (coalesce($5, 0), 0) AND pg_has_role(session_user, to_regrole(quote_ident(b.role))::oid, 'MEMBER')) THEN
    RAISE EXCEPTION 'Login % may not capture events of %', session_user, coalesce('portal ' || $5, 'the default portal')
      USING ERRCODE = 'insufficient_privilege', HINT = 'sluice outbox bind LOGIN --portal ID …; events of a bound login name their portal';
  END IF;
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
REVOKE EXECUTE ON FUNCTION sluice_track_event, sluice_capture FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sluice_track_event, sluice_capture TO sluice_capture;
