-- Gives the associations of records that are no more, of either direction, to those that they became: `p_into`, one for each of `p_lost`. Where that is
-- null they end with the record. The feed is told of each that was removed and each that was made, as seen from its own side. Returns how many.
--
-- It writes associations of all types of the portal, so it waits for the rows of all of them, in the order of their names; its callers have done so before
-- they wrote anything (sync_holds_place.sql, sync_enter_pass.sql), and so no two of them wait for each other.
CREATE OR REPLACE FUNCTION crm_move_edges(
  p_workspace uuid, p_portal bigint, p_object text, p_lost bigint[], p_into bigint[], p_at timestamptz
) RETURNS TABLE (associated int, dissociated int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  now_generation smallint;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  PERFORM FROM sync_states s WHERE s.workspace_id = p_workspace AND s.portal_id = p_portal ORDER BY s.object_type FOR NO KEY UPDATE;
  now_generation := crm_generation();
  RETURN QUERY
  WITH lost AS (
    SELECT DISTINCT ON (l.id) l.id, l.becomes FROM unnest(p_lost, p_into) AS l (id, becomes)
  ), old AS MATERIALIZED (
    SELECT DISTINCT ON (o.from_type, o.from_id, o.to_type, o.to_id, o.category, o.type_id) o.*
      FROM (SELECT s.* FROM lost l
             CROSS JOIN LATERAL (SELECT e.* FROM crm_edges e
                                  WHERE e.workspace_id = p_workspace AND e.portal_id = p_portal AND e.from_type = p_object AND e.from_id = l.id
                                    AND e.removed_at IS NULL OFFSET 0) s
            UNION ALL
            SELECT s.* FROM lost l
             CROSS JOIN LATERAL (SELECT e.* FROM crm_edges e
                                  WHERE e.to_id = l.id AND e.to_type = p_object AND e.portal_id = p_portal AND e.workspace_id = p_workspace
                                    AND e.removed_at IS NULL OFFSET 0) s) o
     ORDER BY o.from_type, o.from_id, o.to_type, o.to_id, o.category, o.type_id
  ), heirs AS (
    SELECT o.from_type, o.to_type, o.category, o.type_id, o.label,
           CASE WHEN o.from_type = p_object AND o.from_id = ANY (p_lost) THEN (SELECT l.becomes FROM lost l WHERE l.id = o.from_id) ELSE o.from_id END AS from_id,
           CASE WHEN o.to_type = p_object AND o.to_id = ANY (p_lost) THEN (SELECT l.becomes FROM lost l WHERE l.id = o.to_id) ELSE o.to_id END AS to_id
      FROM old o
  ), wanted AS (
    -- A record is not associated with itself; and what becomes of one that is lost, too, is not there.
    SELECT DISTINCT ON (h.from_type, h.from_id, h.to_type, h.to_id, h.category, h.type_id) h.*, true AS shown
      FROM heirs h
     WHERE h.from_id IS NOT NULL AND h.to_id IS NOT NULL AND NOT (h.from_type = h.to_type AND h.from_id = h.to_id)
       AND NOT (h.from_type = p_object AND h.from_id = ANY (p_lost)) AND NOT (h.to_type = p_object AND h.to_id = ANY (p_lost))
     ORDER BY h.from_type, h.from_id, h.to_type, h.to_id, h.category, h.type_id, h.label
  ), written AS (
    INSERT INTO crm_edges AS e (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, label, read_at, removed_at)
    SELECT p_workspace, p_portal, c.from_type, c.from_id, c.to_type, c.to_id, c.category, c.type_id, c.label, p_at,
           CASE WHEN NOT c.shown THEN clock_timestamp() END
      FROM (SELECT o.from_type, o.from_id, o.to_type, o.to_id, o.category, o.type_id, o.label, false AS shown FROM old o
            UNION ALL SELECT w.from_type, w.from_id, w.to_type, w.to_id, w.category, w.type_id, w.label, true FROM wanted w) c
     ORDER BY c.from_type, c.from_id, c.to_type, c.to_id
    ON CONFLICT (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id) DO UPDATE
       SET label = excluded.label, read_at = greatest(e.read_at, excluded.read_at), removed_at = excluded.removed_at
     WHERE (e.removed_at IS NULL) <> (excluded.removed_at IS NULL)
    RETURNING e.from_type, e.from_id, e.to_type, e.to_id, e.category, e.type_id, e.label, e.removed_at IS NULL AS is_there
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, w.from_type, w.from_id, CASE WHEN w.is_there THEN 'Associated' ELSE 'Dissociated' END,
           false, crm_edge_change(w.to_type, w.to_id, w.category, w.type_id, w.label), p_at
      FROM written w ORDER BY w.from_type, w.from_id, w.is_there, w.to_id, w.type_id
  )
  SELECT (count(*) FILTER (WHERE w.is_there))::int, (count(*) FILTER (WHERE NOT w.is_there))::int FROM written w;
END $$;
GRANT EXECUTE ON FUNCTION crm_move_edges TO sluice_app;
