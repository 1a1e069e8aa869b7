-- Brings records of one portal and type into the mirror, as a read that began at `p_read_at` showed them, and tells the feed what changed.
-- Returns how many came, changed, came back from the recycle bin, and were stored without a change that anybody is told of.
--
-- An older `modified` changes nothing, nor does the same one from a read that began earlier: pages may be written in any order, and again. A new
-- `modified` without a new value is stored and is no change. A record that is in the recycle bin comes back only by a read that began after the one
-- that found it there.
--
-- Its caller holds a lock on the one row of portal and type, which it waited for before it wrote anything: Postgres numbers a transaction when it
-- first writes, so among those that write the same record numbers follow commits, and the feed, which is read by them, has each record's changes
-- in their order.
--
-- The feed holds what was different in a record that was changed, and all values of one that was not there before: who replays it has the mirror.
--
-- ON CONFLICT finds the row by the index that it names, whatever the planner thinks of a table without statistics; a join would scan.
CREATE OR REPLACE FUNCTION crm_write_records(
  p_workspace uuid, p_portal bigint, p_object text, p_read_at timestamptz, p_source text, p_initial boolean,
  p_id bigint[], p_properties text[], p_hash bytea[], p_created timestamptz[], p_modified timestamptz[]
) RETURNS TABLE (created int, updated int, restored int, stored int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  now_generation smallint;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  -- Transactions are numbered anew after a restore. A code that callers take for passing: the worker sees to it within seconds.
  IF (SELECT moved FROM installation_now()) THEN
    RAISE EXCEPTION 'The database was restored or copied: records are written when it has an installation id of its own' USING ERRCODE = '57P03';
  END IF;
  SELECT count(*) INTO now_generation FROM installations;
  RETURN QUERY
  WITH given AS (
    -- A page may show a record twice, when it moved while the list was read.
    SELECT DISTINCT ON (u.id) u.* FROM unnest(p_id, p_properties, p_hash, p_created, p_modified) AS u (id, properties, hash, created_at, modified_at)
     ORDER BY u.id, u.modified_at DESC
  ), written AS (
    INSERT INTO crm_records AS r (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source,
                                  last_action, last_changed)
    SELECT p_workspace, p_portal, p_object, g.id, g.properties::jsonb, g.hash, g.created_at, g.modified_at, p_read_at, p_source, 'Created', NULL
      FROM given g ORDER BY g.id
    ON CONFLICT (workspace_id, portal_id, object_type, id) DO UPDATE SET
      properties = excluded.properties, hash = excluded.hash, created_at = excluded.created_at,
      modified_at = greatest(r.modified_at, excluded.modified_at), archived_at = NULL, read_at = excluded.read_at, source = excluded.source,
      version = r.version + 1,
      last_action = CASE WHEN r.archived_at IS NOT NULL THEN 'Restored' WHEN r.hash <> excluded.hash THEN 'Updated' END,
      last_changed = CASE WHEN r.hash <> excluded.hash THEN crm_difference(r.properties, excluded.properties) END
    WHERE CASE WHEN r.archived_at IS NOT NULL THEN excluded.read_at > r.read_at
               ELSE excluded.modified_at > r.modified_at
                    OR (excluded.modified_at = r.modified_at AND excluded.hash <> r.hash AND excluded.read_at > r.read_at) END
    RETURNING r.id, r.properties, r.created_at, r.modified_at, r.last_action, r.last_changed
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, p_object, w.id, w.last_action, p_initial AND w.last_action = 'Created',
           CASE w.last_action WHEN 'Updated' THEN w.last_changed ELSE w.properties END,
           CASE w.last_action WHEN 'Created' THEN w.created_at ELSE w.modified_at END
      FROM written w WHERE w.last_action IS NOT NULL ORDER BY w.id
  )
  SELECT count(*) FILTER (WHERE last_action = 'Created')::int, count(*) FILTER (WHERE last_action = 'Updated')::int,
         count(*) FILTER (WHERE last_action = 'Restored')::int, count(*) FILTER (WHERE last_action IS NULL)::int
    FROM written;
END $$;
GRANT EXECUTE ON FUNCTION crm_write_records TO sluice_app;
