-- Gives records of one portal and type other values, beside what their time of modification says: of calculated properties, of properties that are
-- kept since, and without those that are kept no more. `p_changed` is what the feed is told of each, as {property: [before, after]}; null: nothing.
-- `p_initial`: the values were there before anybody kept them. Returns how many records were changed.
--
-- Its caller holds the lock of portal and type since before it read what the records were (crm_write_records.sql). When a calculated value changed,
-- HubSpot does not say: `p_happened_at` is when it was read.
CREATE OR REPLACE FUNCTION crm_write_values(
  p_workspace uuid, p_portal bigint, p_object text, p_happened_at timestamptz, p_source text, p_initial boolean,
  p_id bigint[], p_properties text[], p_hash bytea[], p_changed text[]
) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  now_generation smallint;
  written int;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  now_generation := crm_generation();
  WITH given AS (
    SELECT u.* FROM unnest(p_id, p_properties, p_hash, p_changed) AS u (id, properties, hash, changed)
  ), written AS (
    UPDATE crm_records r
       SET properties = g.properties::jsonb, hash = g.hash, version = r.version + 1,
           source = CASE WHEN g.changed IS NULL THEN r.source ELSE p_source END
      FROM given g
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = g.id
    RETURNING r.id, g.changed
  ), told AS (
    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, initial, changed, happened_at)
    SELECT p_workspace, now_generation, p_portal, p_object, w.id, 'Updated', p_initial, w.changed::jsonb, p_happened_at
      FROM written w WHERE w.changed IS NOT NULL ORDER BY w.id
  )
  SELECT count(*) INTO written FROM written;
  IF EXISTS (SELECT FROM crm_declared_properties d WHERE d.workspace_id = p_workspace AND d.portal_id = p_portal AND d.object_type = p_object) THEN
    PERFORM crm_keep_values(p_workspace, p_portal, p_object, p_id);
  END IF;
  RETURN written;
END $$;
GRANT EXECUTE ON FUNCTION crm_write_values TO sluice_app;
