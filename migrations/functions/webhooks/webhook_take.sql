-- Stores events that HubSpot's webhooks brought, and asks for the records that they name, in one transaction: an event that was there is left out, and
-- so is what it names. Returns the types of which records are to be read now, and how many of the events were new.
--
-- The workspace of an event is that of its portal, among those that the caller names (`p_workspaces`). Of a portal that none of them has any more nothing
-- is stored, and it is told (`unowned`), so that HubSpot sends it again.
-- `p_record_of` has the records of all events, each with the number of its event. Rows of reads are locked in the order of their keys by whoever writes them.
-- An event of a time that cannot be is kept under the present, so that its day has a partition.
-- What is not mirrored, paused, or not loaded yet is not read: the follow of its searches brings what it lacks. But an erasure waits for its mirror: no
-- search ever shows it.
CREATE OR REPLACE FUNCTION webhook_take(
  p_workspaces text, p_portals bigint[], p_occurred timestamptz[], p_keys bytea[], p_types text[], p_subscriptions text[], p_event_ids text[],
  p_properties text[], p_sources text[], p_associations boolean[], p_erases boolean[], p_events jsonb[],
  p_record_of int[], p_record_types text[], p_record_ids bigint[]
) RETURNS TABLE (fresh int, unowned int, workspace_id uuid, portal_id bigint, object_type text)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  owners uuid[];
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  owners := ARRAY(SELECT (SELECT p.workspace_id FROM portals p WHERE p.portal_id = u.portal_id) FROM unnest(p_portals) WITH ORDINALITY AS u (portal_id, n)
                   ORDER BY u.n);
  RETURN QUERY
  WITH named AS MATERIALIZED (
    SELECT r.n, r.object_type, r.record_id, owners[r.n] AS workspace_id, p_portals[r.n] AS portal_id,
           EXISTS (SELECT FROM sync_states s
                    WHERE s.workspace_id = owners[r.n] AND s.portal_id = p_portals[r.n] AND s.object_type = r.object_type
                      AND (p_erases[r.n] OR s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL)) AS is_mirrored, r.at
      FROM unnest(p_record_of, p_record_types, p_record_ids) WITH ORDINALITY AS r (n, object_type, record_id, at)
  ), about AS MATERIALIZED (
    SELECT n, count(*) FILTER (WHERE is_mirrored) AS reads, (array_agg(object_type ORDER BY at))[1] AS object_type,
           (array_agg(record_id ORDER BY at))[1] AS record_id
      FROM named GROUP BY n
  ), stored AS (
    INSERT INTO webhook_events (occurred_at, key, workspace_id, portal_id, subscription_type, subscription_id, event_id, object_type, record_id, property,
                                change_source, reads, event)
    SELECT CASE WHEN e.occurred_at BETWEEN statement_timestamp() - interval '4 days' AND statement_timestamp() + interval '1 day' THEN e.occurred_at
                ELSE statement_timestamp() END,
           e.key, e.workspace_id, e.portal_id, e.subscription_type, e.subscription_id, e.event_id, a.object_type, a.record_id, e.property,
           e.change_source, coalesce(a.reads, 0), e.event
      FROM unnest(owners, p_portals, p_occurred, p_keys, p_types, p_subscriptions, p_event_ids, p_properties, p_sources, p_events)
           WITH ORDINALITY AS e (workspace_id, portal_id, occurred_at, key, subscription_type, subscription_id, event_id, property, change_source, event, n)
      LEFT JOIN about a ON a.n = e.n
     WHERE e.workspace_id IS NOT NULL
     ORDER BY e.key
    ON CONFLICT DO NOTHING
    RETURNING key
  ), asked AS (
    INSERT INTO webhook_reads AS r (workspace_id, portal_id, object_type, record_id, associations, erases)
    SELECT n.workspace_id, n.portal_id, n.object_type, n.record_id, bool_or(p_associations[n.n]), bool_or(p_erases[n.n])
      FROM named n
     WHERE n.is_mirrored AND EXISTS (SELECT FROM stored s WHERE s.key = p_keys[n.n])
     GROUP BY n.workspace_id, n.portal_id, n.object_type, n.record_id
     ORDER BY n.workspace_id, n.portal_id, n.object_type, n.record_id
    ON CONFLICT ON CONSTRAINT webhook_reads_workspace_id_portal_id_object_type_record_id_pk
      DO UPDATE SET version = EXCLUDED.version, associations = r.associations OR EXCLUDED.associations, erases = r.erases OR EXCLUDED.erases
    RETURNING r.workspace_id, r.portal_id, r.object_type
  )
  SELECT (SELECT count(*)::int FROM stored), (SELECT count(*)::int FROM unnest(owners) o WHERE o IS NULL), NULL::uuid, NULL::bigint, NULL::text
  UNION ALL
  SELECT DISTINCT 0, 0, a.workspace_id, a.portal_id, a.object_type FROM asked a;
END $$;
GRANT EXECUTE ON FUNCTION webhook_take TO sluice_app;
