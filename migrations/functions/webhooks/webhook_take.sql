-- Stores events that HubSpot's webhooks brought, and asks for the records that they name, in one transaction: an event that was there is left out, and
-- so is what it names. Returns how many events were new, the places of those that were late among them and of those that nobody has (`unowned`), and in
-- further rows the types of which records are to be read now, with how many of them wait where they were counted.
--
-- The workspace of an event is that of its portal, among those that the caller names (`p_workspaces`). Of a portal that none of them has any more nothing
-- is stored, and it is told, so that HubSpot sends it again.
-- `p_record_of` has the records of all events, each with the number of its event. Rows of reads are locked in the order of their keys by whoever writes them,
-- after those of sync_states and sync_passes.
-- An event of a time that cannot be is kept under the beginning of the day, which has a partition, so that it is known when it comes again that day. One
-- that HubSpot would have given up long ago (four days) is late: somebody plays it again. Nothing is read for it but an erasure.
-- What is not mirrored, paused, or not loaded yet is not read: the follow of its searches brings what it lacks. But an erasure waits for its mirror, since
-- no search ever shows it; and where a paused type's associations changed, a round over all of them is noted (`p_links`): no time of change moves.
-- `p_source`: `webhook`, or `journal` (webhook_reads.source).
-- `p_most_alone`: so many records of a type wait one by one. What a call names that would lead beyond them stands for one row with the id 0: it is looked
-- for together.
-- `p_record_crowded`: whether so many wait, for each record's type, where the caller has counted a moment ago (db/webhooks/readRoom.ts). Null: they are counted
-- here, and told (`waiting`). Counting is the dearest part of a commit where thousands wait.
CREATE OR REPLACE FUNCTION webhook_take(
  p_workspaces text, p_portals bigint[], p_occurred timestamptz[], p_keys bytea[], p_types text[], p_subscriptions text[], p_event_ids text[],
  p_first_types text[], p_first_ids bigint[], p_properties text[], p_sources text[], p_associations boolean[], p_links boolean[], p_deletes boolean[],
  p_erases boolean[], p_events jsonb[], p_record_of int[], p_record_types text[], p_record_ids bigint[],
  p_record_crowded boolean[], p_most_alone int, p_source text
) RETURNS TABLE (fresh int, late int[], unowned int[], workspace_id uuid, portal_id bigint, object_type text, waiting int)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  owners uuid[];
  lates boolean[];
  mirrored boolean[];
  reads int[];
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  owners := ARRAY(SELECT (SELECT p.workspace_id FROM portals p WHERE p.portal_id = u.portal_id) FROM unnest(p_portals) WITH ORDINALITY AS u (portal_id, n)
                   ORDER BY u.n);
  lates := ARRAY(SELECT coalesce(u.occurred_at < statement_timestamp() - interval '4 days', false)
                   FROM unnest(p_occurred) WITH ORDINALITY AS u (occurred_at, n) ORDER BY u.n);
  mirrored := ARRAY(SELECT EXISTS (SELECT FROM sync_states s
                                    WHERE s.workspace_id = owners[r.n] AND s.portal_id = p_portals[r.n] AND s.object_type = r.object_type
                                      AND (p_erases[r.n] OR NOT lates[r.n] AND s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL))
                      FROM unnest(p_record_of, p_record_types) WITH ORDINALITY AS r (n, object_type, at) ORDER BY r.at);
  reads := ARRAY(SELECT sum(u.reads)::int
                   FROM (SELECT n, 0 AS reads FROM generate_series(1, cardinality(p_keys)) AS n
                         UNION ALL SELECT r.n, mirrored[r.at]::int FROM unnest(p_record_of) WITH ORDINALITY AS r (n, at)) u
                  GROUP BY u.n ORDER BY u.n);
  IF true = ANY (p_links) THEN
    WITH paused AS MATERIALIZED (
      SELECT s.workspace_id, s.portal_id, s.object_type
        FROM (SELECT DISTINCT owners[r.n] AS workspace_id, p_portals[r.n] AS portal_id, r.object_type
                FROM unnest(p_record_of, p_record_types) AS r (n, object_type) WHERE p_links[r.n] AND NOT lates[r.n] ORDER BY 1, 2, 3) d,
             LATERAL (SELECT o.workspace_id, o.portal_id, o.object_type FROM sync_states o
                       WHERE o.workspace_id = d.workspace_id AND o.portal_id = d.portal_id AND o.object_type = d.object_type AND o.loaded_at IS NOT NULL
                         AND o.ended_at IS NULL AND o.paused_at IS NOT NULL AND (o.associations_behind_since < o.paused_at) IS NOT FALSE
                       FOR NO KEY UPDATE) s
    ), behind AS (
      UPDATE sync_states s SET associations_behind_since = clock_timestamp()
        FROM paused d WHERE s.workspace_id = d.workspace_id AND s.portal_id = d.portal_id AND s.object_type = d.object_type
    )
    UPDATE sync_passes s SET due_at = least(s.due_at, clock_timestamp())
      FROM paused d WHERE s.workspace_id = d.workspace_id AND s.portal_id = d.portal_id AND s.object_type = d.object_type AND s.pass = 'associations';
  END IF;
  RETURN QUERY
  WITH stored AS MATERIALIZED (
    INSERT INTO webhook_events (occurred_at, key, workspace_id, portal_id, subscription_type, subscription_id, event_id, object_type, record_id, property,
                                change_source, reads, event)
    SELECT CASE WHEN e.occurred_at BETWEEN statement_timestamp() - interval '4 days' AND statement_timestamp() + interval '1 day' THEN e.occurred_at
                ELSE date_trunc('day', statement_timestamp(), 'UTC') END,
           e.key, e.workspace_id, e.portal_id, e.subscription_type, e.subscription_id, e.event_id, e.object_type, e.record_id, e.property,
           e.change_source, e.reads, e.event
      FROM unnest(owners, p_portals, p_occurred, p_keys, p_types, p_subscriptions, p_event_ids, p_first_types, p_first_ids, p_properties, p_sources, reads,
                  p_events)
           AS e (workspace_id, portal_id, occurred_at, key, subscription_type, subscription_id, event_id, object_type, record_id, property, change_source,
                 reads, event)
     WHERE e.workspace_id IS NOT NULL
     ORDER BY e.key
    ON CONFLICT DO NOTHING
    RETURNING key
  ), named AS MATERIALIZED (
    SELECT owners[r.n] AS workspace_id, p_portals[r.n] AS portal_id, r.object_type, r.record_id,
           bool_or(p_associations[r.n]) AS associations, bool_or(p_links[r.n]) AS links, bool_or(p_deletes[r.n]) AS deletes, bool_or(p_erases[r.n]) AS erases,
           bool_or(r.crowded) AS crowded
      FROM unnest(p_record_of, p_record_types, p_record_ids, p_record_crowded) WITH ORDINALITY AS r (n, object_type, record_id, crowded, at)
     -- Within CASE the list is hashed once; as a join it would be looked through for each record, which costs the square of a commit.
     WHERE CASE WHEN mirrored[r.at] THEN p_keys[r.n] IN (SELECT s.key FROM stored s) END
     GROUP BY 1, 2, 3, 4
  ), counted AS MATERIALIZED (
    SELECT d.workspace_id, d.portal_id, d.object_type, d.crowded, d.records,
           CASE WHEN d.crowded IS NULL THEN
             (SELECT count(*)::int FROM (SELECT FROM webhook_reads r
                                          WHERE r.workspace_id = d.workspace_id AND r.portal_id = d.portal_id AND r.object_type = d.object_type
                                            AND r.due_at IS NOT NULL LIMIT p_most_alone) o)
           END AS waiting
      FROM (SELECT n.workspace_id, n.portal_id, n.object_type, bool_or(n.crowded) AS crowded, count(*) FILTER (WHERE NOT n.erases)::int AS records
              FROM named n GROUP BY 1, 2, 3) d
  ), crowded AS MATERIALIZED (
    SELECT c.workspace_id, c.portal_id, c.object_type FROM counted c WHERE coalesce(c.crowded, c.waiting + c.records > p_most_alone)
  ), alone AS (
    SELECT n.workspace_id, n.portal_id, n.object_type, n.record_id, n.associations, false AS deletes, n.erases
      FROM named n WHERE n.erases OR (n.workspace_id, n.portal_id, n.object_type) NOT IN (SELECT c.workspace_id, c.portal_id, c.object_type FROM crowded c)
    UNION ALL
    SELECT n.workspace_id, n.portal_id, n.object_type, 0, bool_or(n.links), bool_or(n.deletes), false
      FROM named n WHERE NOT n.erases AND (n.workspace_id, n.portal_id, n.object_type) IN (SELECT c.workspace_id, c.portal_id, c.object_type FROM crowded c)
     GROUP BY n.workspace_id, n.portal_id, n.object_type
  ), asked AS (
    INSERT INTO webhook_reads AS r (workspace_id, portal_id, object_type, record_id, associations, deletes, erases, source)
    SELECT a.*, p_source FROM alone a ORDER BY a.workspace_id, a.portal_id, a.object_type, a.record_id
    ON CONFLICT ON CONSTRAINT webhook_reads_workspace_id_portal_id_object_type_record_id_pk
      DO UPDATE SET version = EXCLUDED.version, associations = r.associations OR EXCLUDED.associations, deletes = r.deletes OR EXCLUDED.deletes,
                    erases = r.erases OR EXCLUDED.erases,
                    -- What was put off stays so, an erasure that is new to it does not; what had ended is tried anew.
                    due_at = CASE WHEN EXCLUDED.erases AND NOT r.erases THEN EXCLUDED.due_at ELSE coalesce(r.due_at, EXCLUDED.due_at) END,
                    tries = CASE WHEN r.ended_at IS NULL THEN r.tries ELSE 0 END, ended_at = NULL
  )
  SELECT (SELECT count(*)::int FROM stored),
         ARRAY(SELECT u.n::int FROM unnest(lates, p_keys) WITH ORDINALITY AS u (late, key, n)
                WHERE CASE WHEN u.late THEN u.key IN (SELECT s.key FROM stored s) END),
         ARRAY(SELECT u.n::int FROM unnest(owners) WITH ORDINALITY AS u (owner, n) WHERE u.owner IS NULL ORDER BY u.n), NULL::uuid, NULL::bigint, NULL::text,
         NULL::int
  UNION ALL
  SELECT 0, NULL::int[], NULL::int[], c.workspace_id, c.portal_id, c.object_type,
         CASE WHEN c.waiting + c.records > p_most_alone THEN c.waiting ELSE c.waiting + c.records END
    FROM counted c;
END $$;
GRANT EXECUTE ON FUNCTION webhook_take TO sluice_app;
