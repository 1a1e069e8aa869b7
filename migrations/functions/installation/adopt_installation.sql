-- Gives this database a new installation id, from its next event on, unless it has another one than `p_seen` by now: two that notice a restore
-- make one. What was numbered before keeps the id that it had. Sequences are lifted, so that nothing that comes is numbered like something that
-- the restore lost: past `p_floor`, up to which somebody knows numbers to have been given, and by so many that what nobody knows of is passed, too.
-- Events that wait in the inbox may have been captured after the restore, under numbers that others had: they get new ones.
--
-- Locks: installations, then the inbox against captures, until the end of the transaction; captures wait for milliseconds.
-- Runs as the owner, to whom the sequences belong. Reads no row of a tenant.
CREATE OR REPLACE FUNCTION adopt_installation(p_seen text, p_reason text, p_floor bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  -- What feeds, cursors and URLs carry: who asks later finds a gap, and never a number twice.
  sequences CONSTANT text[] := ARRAY['outbox_event_ids', 'executions_id_seq', 'crm_change_ids', 'registrations_id_seq'];
  lost CONSTANT bigint := 1000000000;
  now_id text;
  fresh CONSTANT text := left(replace(gen_random_uuid()::text, '-', ''), 12);
  seq text;
  last bigint;
  from_id bigint;
BEGIN
  LOCK TABLE installations IN EXCLUSIVE MODE;
  SELECT i.id INTO now_id FROM installations i ORDER BY i.from_event_id DESC LIMIT 1;
  IF now_id IS DISTINCT FROM p_seen THEN RETURN now_id; END IF;
  IF p_seen IS NULL THEN
    -- The first one: nothing was lost, and events of before keep the keys without an id.
    SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END INTO from_id FROM outbox_event_ids;
  ELSE
    LOCK TABLE outbox_inbox IN SHARE ROW EXCLUSIVE MODE;
    FOREACH seq IN ARRAY sequences LOOP
      EXECUTE format('SELECT last_value FROM %I', seq) INTO last;
      PERFORM setval(seq, greatest(last, CASE WHEN seq = 'outbox_event_ids' THEN p_floor ELSE 0 END) + lost);
    END LOOP;
    SELECT last_value INTO from_id FROM outbox_event_ids;
    UPDATE outbox_inbox i SET id = n.id FROM (SELECT o.id AS old, nextval('outbox_event_ids') AS id FROM (SELECT id FROM outbox_inbox ORDER BY id) o) n
     WHERE i.id = n.old;
  END IF;
  INSERT INTO installations (id, from_event_id, place, reason) VALUES (fresh, from_id, installation_place(), p_reason);
  RETURN fresh;
END $$;
GRANT EXECUTE ON FUNCTION adopt_installation TO sluice_maintenance, sluice_system;
