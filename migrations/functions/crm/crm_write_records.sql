-- Brings records of one portal and type into the mirror, as a read that began at `p_read_at` showed them, and tells the feed what changed.
-- Returns how many came, changed, came back from the recycle bin, and were stored without a change that anybody is told of.
--
-- An older `modified` changes nothing, nor does the same one from a read that began earlier: pages may be written in any order, and again. A new
-- `modified` without a new value is stored and is no change. A record that is in the recycle bin comes back only by a read that began after the one
-- that found it there. One that was merged into another (crm_aliases) does not come back: a late page that shows it changes nothing.
--
-- Its caller holds a lock on the one row of portal and type, which it waited for before it wrote anything: Postgres numbers a transaction when it
-- first writes, so among those that write the same record numbers follow commits, and the feed, which is read by them, has each record's changes
-- in their order.
--
-- The feed holds what was different in a record that was changed, and all values of one that was not there before: who replays it has the mirror.
--
-- What the mirror has of the page is read first, under that lock, so that what is new, other and the same is known before anything is written: a
-- record that is the same costs one look at the index, and no version of its row. Each is found by its whole key, whatever the planner thinks of a
-- table without statistics: OFFSET 0 keeps the look-up from becoming a join, which would find a portal's rows and filter them by id.
CREATE OR REPLACE FUNCTION crm_write_records(
  p_workspace uuid, p_portal bigint, p_object text, p_read_at timestamptz, p_source text, p_initial boolean,
  p_id bigint[], p_properties text[], p_hash bytea[], p_created timestamptz[], p_modified timestamptz[]
) RETURNS TABLE (created int, updated int, restored int, stored int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  now_generation smallint;
  merged bigint[];
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  now_generation := crm_generation();
  merged := ARRAY(SELECT a.id FROM crm_aliases a
                   WHERE a.workspace_id = p_workspace AND a.portal_id = p_portal AND a.object_type = p_object AND a.id = ANY (p_id));
  -- What was erased is gone like them.
  merged := merged || crm_erased(p_workspace, p_portal, p_object, p_id);
  -- A page may show a record twice, when it moved while the list was read. Most show none, and are not sorted.
  IF cardinality(merged) > 0 OR (SELECT count(DISTINCT u.id) FROM unnest(p_id) AS u (id)) < cardinality(p_id) THEN
    SELECT array_agg(d.id), array_agg(d.properties), array_agg(d.hash), array_agg(d.created_at), array_agg(d.modified_at)
      INTO p_id, p_properties, p_hash, p_created, p_modified
      FROM (SELECT DISTINCT ON (u.id) u.*
              FROM unnest(p_id, p_properties, p_hash, p_created, p_modified) AS u (id, properties, hash, created_at, modified_at)
             WHERE u.id <> ALL (merged)
             ORDER BY u.id, u.modified_at DESC) d;
  END IF;
  RETURN QUERY
  WITH given AS MATERIALIZED (
    SELECT u.id, u.hash, u.created_at, u.modified_at, k.action, k.before,
           CASE WHEN k.action IS NOT NULL THEN u.properties::jsonb END AS properties
      FROM unnest(p_id, p_properties, p_hash, p_created, p_modified) AS u (id, properties, hash, created_at, modified_at)
      LEFT JOIN LATERAL (
        SELECT r.version, CASE WHEN r.hash <> u.hash THEN r.properties END AS before,
               CASE WHEN r.archived_at IS NOT NULL THEN CASE WHEN p_read_at > r.read_at THEN 'Restored' END
                    WHEN u.modified_at > r.modified_at THEN CASE WHEN r.hash <> u.hash THEN 'Updated' ELSE 'Stored' END
                    WHEN u.modified_at = r.modified_at AND u.hash <> r.hash AND p_read_at > r.read_at THEN 'Updated' END AS action
          FROM crm_records r
         WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = u.id
        OFFSET 0) known ON true
      CROSS JOIN LATERAL (SELECT known.before, CASE WHEN known.version IS NULL THEN 'Created' ELSE known.action END AS action) k
  ), made AS (
    INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
    SELECT p_workspace, p_portal, p_object, g.id, g.properties, g.hash, g.created_at, g.modified_at, p_read_at, p_source
      FROM given g WHERE g.action = 'Created'
  ), changed AS (
    -- No UPDATE: ON CONFLICT finds the row by the index that it names.
    INSERT INTO crm_records AS r (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
    SELECT p_workspace, p_portal, p_object, g.id, g.properties, g.hash, g.created_at, g.modified_at, p_read_at, p_source
      FROM given g WHERE g.action <> 'Created'
    ON CONFLICT (workspace_id, portal_id, object_type, id) DO UPDATE SET
      properties = excluded.properties, hash = excluded.hash, created_at = excluded.created_at,
      modified_at = greatest(r.modified_at, excluded.modified_at), archived_at = NULL, read_at = excluded.read_at, source = excluded.source,
      version = r.version + 1
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, p_object, g.id, g.action, p_initial AND g.action = 'Created',
           -- As crm_difference, which would be a statement of its own for each record.
           CASE g.action WHEN 'Updated' THEN (
             SELECT jsonb_object_agg(d.key, jsonb_build_array(d.before, d.after))
               FROM (SELECT a.key, g.before ->> a.key AS before, a.value AS after FROM jsonb_each_text(g.properties) a
                      WHERE g.before ->> a.key IS DISTINCT FROM a.value
                     UNION ALL
                     SELECT b.key, b.value, NULL FROM jsonb_each_text(g.before) b WHERE NOT g.properties ? b.key) d)
           ELSE g.properties END,
           CASE g.action WHEN 'Created' THEN g.created_at ELSE g.modified_at END
      FROM given g WHERE g.action <> 'Stored'
  )
  SELECT count(*) FILTER (WHERE action = 'Created')::int, count(*) FILTER (WHERE action = 'Updated')::int,
         count(*) FILTER (WHERE action = 'Restored')::int, count(*) FILTER (WHERE action = 'Stored')::int
    FROM given;
  IF EXISTS (SELECT FROM crm_declared_properties d WHERE d.workspace_id = p_workspace AND d.portal_id = p_portal AND d.object_type = p_object) THEN
    PERFORM crm_keep_values(p_workspace, p_portal, p_object, p_id);
  END IF;
END $$;
GRANT EXECUTE ON FUNCTION crm_write_records TO sluice_app;
