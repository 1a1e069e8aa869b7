-- Puts events into the outbox: those that are valid wait for their delivery, those that are not (`p_invalid`) are kept as dead letters with their
-- reason and its class (`p_class`: invalid, or a class of failures). An event
-- whose key is known is a duplicate and changes nothing; with another body than the first it is a conflict, and changes nothing either.
CREATE OR REPLACE FUNCTION outbox_enqueue_events(
  p_workspaces text, p_workspace uuid[], p_portal bigint[], p_id bigint[], p_type text[], p_version smallint[], p_ordering_key text[],
  p_event_key text[], p_body_hash bytea[], p_payload jsonb[], p_occurred timestamptz[], p_captured timestamptz[], p_invalid text[],
  p_class text[]
) RETURNS TABLE (ord int, event_id bigint, status text) LANGUAGE plpgsql
-- A plan made while the tables were empty would scan them whole when they have grown, until the next ANALYZE: every access is by key.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  t timestamptz := clock_timestamp();
  ids bigint[];
BEGIN
  -- The numbers that it would give were others' before the restore. A code that callers take for passing: the worker sees to it within seconds.
  IF (SELECT moved FROM installation_now()) THEN
    RAISE EXCEPTION 'The database was restored or copied: events are taken when it has an installation id of its own' USING ERRCODE = '57P03';
  END IF;
  PERFORM set_config('app.workspace', p_workspaces, true);
  SELECT array_agg(coalesce(u.id, nextval('outbox_event_ids')) ORDER BY u.n) INTO ids FROM unnest(p_id) WITH ORDINALITY AS u (id, n);

  RETURN QUERY
  WITH given AS (
    SELECT u.* FROM unnest(p_workspace, p_portal, ids, p_type, p_version, p_ordering_key, p_event_key, p_body_hash, p_payload, p_occurred,
                           p_captured, p_invalid, p_class) WITH ORDINALITY
           AS u (workspace_id, portal_id, id, type, version, ordering_key, event_key, body_hash, payload, occurred_at, captured_at, invalid, class, ord)
  ), key AS (
    -- In the order of keys: two that insert the same ones in different orders would deadlock.
    INSERT INTO outbox_keys (workspace_id, event_key, event_id, body_hash, captured_at)
    SELECT DISTINCT ON (g.workspace_id, g.event_key) g.workspace_id, g.event_key, g.id, g.body_hash, coalesce(g.captured_at, t)
      FROM given g WHERE g.event_key IS NOT NULL ORDER BY g.workspace_id, g.event_key, g.ord
    ON CONFLICT DO NOTHING
    RETURNING event_id
  ), fresh AS (
    SELECT g.* FROM given g WHERE g.event_key IS NULL OR g.id IN (SELECT event_id FROM key)
  ), waiting AS (
    INSERT INTO outbox_pending (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, bytes)
    SELECT id, workspace_id, portal_id, type, coalesce(version, 1), ordering_key, event_key, payload, occurred_at, coalesce(captured_at, t),
           octet_length(payload::text)
      FROM fresh WHERE invalid IS NULL
  ), dead AS (
    INSERT INTO outbox_dead (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, state,
                             reason, error_class, last_error, died_at)
    SELECT id, workspace_id, portal_id, type, coalesce(version, 1), ordering_key, event_key, payload, occurred_at, coalesce(captured_at, t),
           CASE class WHEN 'invalid' THEN 'invalid' ELSE 'dead' END, invalid, class, invalid, t
      FROM fresh WHERE invalid IS NOT NULL
  ), portal AS (
    INSERT INTO outbox_portals AS p (portal_id, workspace_id, low_id)
    SELECT f.portal_id, f.workspace_id, min(f.id) FROM fresh f WHERE f.invalid IS NULL GROUP BY f.portal_id, f.workspace_id ORDER BY f.portal_id
    ON CONFLICT (portal_id) DO UPDATE SET low_id = excluded.low_id, workspace_id = excluded.workspace_id WHERE p.low_id > excluded.low_id
  )
  SELECT f.ord::int, f.id, CASE WHEN f.invalid IS NULL THEN 'captured' ELSE 'invalid' END FROM fresh f;

  -- The repeats. A statement of its own, so that it sees keys that were committed while the first one waited for them. Each is looked up by its key:
  -- a join would read all keys of the workspace where nobody has told the planner how many there are.
  RETURN QUERY
  SELECT g.ord::int, k.event_id, CASE WHEN k.body_hash = g.body_hash THEN 'duplicate' ELSE 'conflict' END
    FROM unnest(p_workspace, p_event_key, p_body_hash, ids) WITH ORDINALITY AS g (workspace_id, event_key, body_hash, id, ord)
    CROSS JOIN LATERAL (SELECT o.event_id, o.body_hash FROM outbox_keys o
                         WHERE o.workspace_id = g.workspace_id AND o.event_key = g.event_key LIMIT 1) k
   WHERE k.event_id <> g.id;
END $$;
GRANT EXECUTE ON FUNCTION outbox_enqueue_events TO sluice_app;
