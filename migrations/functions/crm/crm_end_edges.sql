-- Ends what a record has with records of one other type, whose ids lie behind `p_after` and not behind `p_up_to` (null: all that follow), and no read
-- since `p_read_at` has shown: behind the parts that crm_write_some_edges.sql has written. The feed is told of each. Returns how many.
CREATE OR REPLACE FUNCTION crm_end_edges(
  p_workspace uuid, p_portal bigint, p_from_type text, p_from_id bigint, p_to_type text, p_read_at timestamptz, p_after bigint, p_up_to bigint
) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  now_generation smallint;
  dissociated int;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  now_generation := crm_generation();
  WITH old AS MATERIALIZED (
    SELECT e.to_id, e.category, e.type_id, e.label FROM crm_edges e
     WHERE e.workspace_id = p_workspace AND e.portal_id = p_portal AND e.from_type = p_from_type AND e.from_id = p_from_id
       AND e.to_type = p_to_type AND e.to_id > p_after AND e.to_id <= coalesce(p_up_to, 9223372036854775807)
       AND e.removed_at IS NULL AND e.read_at < p_read_at
  ), ended AS (
    -- No UPDATE: ON CONFLICT finds the row by the index that it names.
    INSERT INTO crm_edges AS e (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, label, read_at)
    SELECT p_workspace, p_portal, p_from_type, p_from_id, p_to_type, o.to_id, o.category, o.type_id, o.label, p_read_at FROM old o ORDER BY o.to_id
    ON CONFLICT (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id) DO UPDATE
       SET read_at = excluded.read_at, removed_at = clock_timestamp()
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, p_from_type, p_from_id, 'Dissociated', false,
           crm_edge_change(p_to_type, o.to_id, o.category, o.type_id, o.label), p_read_at
      FROM old o ORDER BY o.to_id, o.type_id
  )
  SELECT count(*)::int INTO dissociated FROM old;
  RETURN dissociated;
END $$;
GRANT EXECUTE ON FUNCTION crm_end_edges TO sluice_app;
