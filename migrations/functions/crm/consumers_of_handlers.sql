-- Makes the consumers of handlers that are defined in sluice.config.ts, for each workspace whose feed has something, and sets what they want where p_set says so.
-- Returns what was done, and the names that somebody else's consumer has, or for which a workspace has no room. Across tenants by design: it reads and returns
-- no data of theirs.
CREATE OR REPLACE FUNCTION consumers_of_handlers(p_handlers jsonb, p_set boolean, p_most int, p_most_consumers int, p_lag_minutes int)
RETURNS TABLE (workspace_id uuid, name text, did text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  w record;
  left_to_do int := p_most;
  first_generation smallint;
BEGIN
  SELECT least(1, count(*)) INTO first_generation FROM installations;
  IF p_set THEN
    RETURN QUERY
    UPDATE crm_consumers c
       SET portal_ids = h."portalIds", object_types = h."objectTypes", actions = h.actions, initial = h.initial,
           fence = c.fence + 1, lease_until = NULL, failures_in_a_row = 0, failed_since = NULL, last_error = NULL,
           try_at = clock_timestamp(), look_at = clock_timestamp()
      FROM jsonb_to_recordset(p_handlers) AS h (name text, "portalIds" bigint[], "objectTypes" text[], actions text[], initial boolean)
     WHERE c.name = h.name AND c.sink = 'handler'
       AND (c.portal_ids, c.object_types, c.actions, c.initial) IS DISTINCT FROM (h."portalIds", h."objectTypes", h.actions, h.initial)
    RETURNING c.workspace_id, c.name, 'set';
  END IF;
  FOR w IN
    SELECT o.id, h.*, c.sink FROM workspaces o
     CROSS JOIN jsonb_to_recordset(p_handlers) AS h (name text, "portalIds" bigint[], "objectTypes" text[], actions text[], initial boolean)
      LEFT JOIN crm_consumers c ON c.workspace_id = o.id AND c.name = h.name
     WHERE c.sink IS DISTINCT FROM 'handler' AND EXISTS (SELECT FROM crm_changes f WHERE f.workspace_id = o.id)
     ORDER BY (c.sink IS NOT NULL), o.id, h.name
  LOOP
    EXIT WHEN left_to_do <= 0;
    left_to_do := left_to_do - 1;
    workspace_id := w.id;
    name := w.name;
    did := 'taken';
    IF w.sink IS NULL THEN
      INSERT INTO crm_consumers (workspace_id, name, sink, portal_ids, object_types, actions, initial, lag_limit_minutes, generation, transaction_id, change_id)
      SELECT w.id, w.name, 'handler', w."portalIds", w."objectTypes", w.actions, w.initial, p_lag_minutes, first_generation, '0', 0
       WHERE (SELECT count(*) FROM crm_consumers n WHERE n.workspace_id = w.id) < p_most_consumers
      ON CONFLICT DO NOTHING;
      did := CASE WHEN FOUND THEN 'made' ELSE 'full' END;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
ALTER FUNCTION consumers_of_handlers(jsonb, boolean, int, int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION consumers_of_handlers TO sluice_maintenance;
