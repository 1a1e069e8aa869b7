-- As crm_write_edges.sql, of some of what a record has with records of one other type, where all of it is too much for one transaction: what is not
-- among them stays, and each of them is marked with the read that showed it (`read_at`), so that crm_end_edges.sql finds what none of the parts had.
-- Returns how many are new. Each is found by its whole key.
CREATE OR REPLACE FUNCTION crm_write_some_edges(
  p_workspace uuid, p_portal bigint, p_from_type text, p_to_type text, p_read_at timestamptz, p_initial boolean,
  p_from bigint[], p_to bigint[], p_category text[], p_type_id int[], p_label text[]
) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  now_generation smallint;
  erased_from bigint[];
  erased_to bigint[];
  associated int;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  now_generation := crm_generation();
  erased_from := crm_erased(p_workspace, p_portal, p_from_type, p_from);
  erased_to := crm_erased(p_workspace, p_portal, p_to_type, p_to);
  WITH given AS MATERIALIZED (
    SELECT DISTINCT ON (g.from_id, g.to_id, g.category, g.type_id) g.*, k.read_at, k.there
      FROM unnest(p_from, p_to, p_category, p_type_id, p_label) AS g (from_id, to_id, category, type_id, label)
      LEFT JOIN LATERAL (
        SELECT e.read_at, e.removed_at IS NULL AS there FROM crm_edges e
         WHERE e.workspace_id = p_workspace AND e.portal_id = p_portal AND e.from_type = p_from_type AND e.from_id = g.from_id
           AND e.to_type = p_to_type AND e.to_id = g.to_id AND e.category = g.category AND e.type_id = g.type_id
        OFFSET 0) k ON true
     WHERE g.from_id <> ALL (erased_from) AND g.to_id <> ALL (erased_to)
     ORDER BY g.from_id, g.to_id, g.category, g.type_id, g.label
  ), gone AS MATERIALIZED (
    SELECT n.type, n.id
      FROM (SELECT p_from_type AS type, g.from_id AS id FROM given g WHERE g.there IS NOT TRUE
            UNION SELECT p_to_type, g.to_id FROM given g WHERE g.there IS NOT TRUE) n
     WHERE (SELECT r.archived_at IS NOT NULL FROM crm_records r
             WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = n.type AND r.id = n.id)
        OR (SELECT true FROM crm_aliases a
             WHERE a.workspace_id = p_workspace AND a.portal_id = p_portal AND a.object_type = n.type AND a.id = n.id)
  ), shown AS MATERIALIZED (
    SELECT g.* FROM given g
     WHERE coalesce(g.read_at < p_read_at, true)
       AND (g.there OR (g.from_id NOT IN (SELECT n.id FROM gone n WHERE n.type = p_from_type)
                        AND g.to_id NOT IN (SELECT n.id FROM gone n WHERE n.type = p_to_type)))
  ), written AS (
    INSERT INTO crm_edges AS e (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, label, read_at)
    SELECT p_workspace, p_portal, p_from_type, s.from_id, p_to_type, s.to_id, s.category, s.type_id, s.label, p_read_at
      FROM shown s ORDER BY s.from_id, s.to_id
    ON CONFLICT (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id) DO UPDATE
       SET label = excluded.label, read_at = excluded.read_at, removed_at = NULL
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, p_from_type, s.from_id, 'Associated', p_initial,
           crm_edge_change(p_to_type, s.to_id, s.category, s.type_id, s.label), p_read_at
      FROM shown s WHERE s.there IS NOT TRUE ORDER BY s.from_id, s.to_id, s.type_id
  )
  SELECT count(*)::int INTO associated FROM shown s WHERE s.there IS NOT TRUE;
  RETURN associated;
END $$;
GRANT EXECUTE ON FUNCTION crm_write_some_edges TO sluice_app;
