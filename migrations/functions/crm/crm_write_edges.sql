-- Brings the associations of records with those of one other type into the mirror, as a read that began at `p_read_at` showed them: all that each
-- record of `p_ids` has, in the arrays behind it. What is stored and was not shown is removed, and the feed is told of both. Returns how many.
--
-- What a later read has seen stands: a read that began earlier neither removes it nor brings it back. So what is removed stays a while as a row.
--
-- A record that is in the recycle bin or was merged away gets none, at neither end: HubSpot may still show it to a read that began before. Who deletes
-- or merges holds the rows of all types of the portal, so none goes between that look and the end of this transaction.
--
-- Its caller holds the lock on the row of portal and type (crm_write_records.sql).
--
-- No join with a table: what is stored is found by the key of each record, and what differs by one sort. ON CONFLICT finds its row by the index that
-- it names.
CREATE OR REPLACE FUNCTION crm_write_edges(
  p_workspace uuid, p_portal bigint, p_from_type text, p_to_type text, p_read_at timestamptz, p_initial boolean,
  p_ids bigint[], p_from bigint[], p_to bigint[], p_category text[], p_type_id int[], p_label text[]
) RETURNS TABLE (associated int, dissociated int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  now_generation smallint;
  erased_from bigint[];
  erased_to bigint[];
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  now_generation := crm_generation();
  erased_from := crm_erased(p_workspace, p_portal, p_from_type, p_from);
  erased_to := crm_erased(p_workspace, p_portal, p_to_type, p_to);
  RETURN QUERY
  WITH both_sides AS (
    SELECT g.from_id, g.to_id, g.category, g.type_id, g.label, true AS shown, false AS there, NULL::timestamptz AS read_at, NULL::text AS known_label
      FROM unnest(p_from, p_to, p_category, p_type_id, p_label) AS g (from_id, to_id, category, type_id, label)
     WHERE g.from_id <> ALL (erased_from) AND g.to_id <> ALL (erased_to)
    UNION ALL
    SELECT s.from_id, s.to_id, s.category, s.type_id, NULL, false, s.removed_at IS NULL, s.read_at, s.label
      FROM (SELECT DISTINCT i.id FROM unnest(p_ids) AS i (id)) r
     CROSS JOIN LATERAL (SELECT e.* FROM crm_edges e
                          WHERE e.workspace_id = p_workspace AND e.portal_id = p_portal AND e.from_type = p_from_type AND e.from_id = r.id
                            AND e.to_type = p_to_type OFFSET 0) s
  ), differing AS MATERIALIZED (
    SELECT b.from_id, b.to_id, b.category, b.type_id, max(b.label) AS label, bool_or(b.shown) AS shown, bool_or(b.there) AS there,
           max(b.known_label) AS known_label
      FROM both_sides b GROUP BY b.from_id, b.to_id, b.category, b.type_id
    HAVING (bool_or(b.shown) <> bool_or(b.there) OR (bool_or(b.there) AND max(b.label) IS DISTINCT FROM max(b.known_label)))
       AND coalesce(max(b.read_at) < p_read_at, true)
  ), gone AS MATERIALIZED (
    SELECT n.type, n.id
      FROM (SELECT p_from_type AS type, d.from_id AS id FROM differing d WHERE d.shown AND NOT d.there
            UNION SELECT p_to_type, d.to_id FROM differing d WHERE d.shown AND NOT d.there) n
     WHERE (SELECT r.archived_at IS NOT NULL FROM crm_records r
             WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = n.type AND r.id = n.id)
        OR (SELECT true FROM crm_aliases a
             WHERE a.workspace_id = p_workspace AND a.portal_id = p_portal AND a.object_type = n.type AND a.id = n.id)
  ), differs AS MATERIALIZED (
    SELECT d.* FROM differing d
     WHERE d.there OR (d.from_id NOT IN (SELECT g.id FROM gone g WHERE g.type = p_from_type)
                       AND d.to_id NOT IN (SELECT g.id FROM gone g WHERE g.type = p_to_type))
  ), relabelled AS (
    INSERT INTO crm_edges AS e (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, label, read_at)
    SELECT p_workspace, p_portal, p_from_type, d.from_id, p_to_type, d.to_id, d.category, d.type_id, d.label, p_read_at
      FROM differs d WHERE d.shown AND d.there
    ON CONFLICT (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id) DO UPDATE
       SET label = excluded.label, read_at = excluded.read_at
  ), written AS (
    INSERT INTO crm_edges AS e (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, label, read_at, removed_at)
    SELECT p_workspace, p_portal, p_from_type, d.from_id, p_to_type, d.to_id, d.category, d.type_id,
           CASE WHEN d.shown THEN d.label ELSE d.known_label END, p_read_at, CASE WHEN NOT d.shown THEN clock_timestamp() END
      FROM differs d WHERE d.shown <> d.there ORDER BY d.from_id, d.to_id
    ON CONFLICT (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id) DO UPDATE
       SET label = excluded.label, read_at = excluded.read_at, removed_at = excluded.removed_at
    RETURNING e.from_id, e.to_id, e.category, e.type_id, e.label, e.removed_at IS NULL AS is_there
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, p_from_type, w.from_id, CASE WHEN w.is_there THEN 'Associated' ELSE 'Dissociated' END,
           p_initial AND w.is_there, crm_edge_change(p_to_type, w.to_id, w.category, w.type_id, w.label), p_read_at
      FROM written w ORDER BY w.from_id, w.is_there, w.to_id, w.type_id
  )
  SELECT (count(*) FILTER (WHERE w.is_there))::int, (count(*) FILTER (WHERE NOT w.is_there))::int FROM written w;
END $$;
GRANT EXECUTE ON FUNCTION crm_write_edges TO sluice_app;
