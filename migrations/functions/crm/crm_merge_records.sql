-- HubSpot has merged records: `p_loser` are the ids of those that are the record `p_survivor` now, pair by pair, as a read that began at `p_read_at`
-- showed it; the other arrays are the page that has the survivors. Returns how many merges the feed was told of, and by how many there are more live
-- records now. Called before crm_write_records with the same page: what it writes of survivors changes nothing there.
--
-- A merge is told once, as one change of the survivor, where the mirror had one of the others: their rows leave the mirror, and their ids lead to the
-- survivor from then on, as do their associations. Where it had none of them, the survivor is a record as any other, and the ids are kept all the same.
--
-- An id leads to a record that was not merged itself: what led to a loser leads to its survivor now, and where that has been merged since (a late page
-- shows it), both lead to the record that it is by now. Its row is there, or comes with this page.
--
-- Its caller holds the lock of portal and type, as of crm_write_records.
CREATE OR REPLACE FUNCTION crm_merge_records(
  p_workspace uuid, p_portal bigint, p_object text, p_read_at timestamptz, p_source text, p_survivor bigint[], p_loser bigint[],
  p_id bigint[], p_properties text[], p_hash bytea[], p_created timestamptz[], p_modified timestamptz[]
) RETURNS TABLE (merged int, came int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  now_generation smallint := crm_generation();
  shown bigint;
  survivor bigint;
  losers bigint[];
  known record;
  was record;
  has record;
  erased bigint[];
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  merged := 0;
  came := 0;
  -- Into what was erased nothing is merged, and no id of what was erased leads anywhere.
  erased := crm_erased(p_workspace, p_portal, p_object, p_survivor || p_loser);
  FOR shown IN SELECT DISTINCT s FROM unnest(p_survivor) s WHERE s <> ALL (erased) ORDER BY s LOOP
    survivor := coalesce((SELECT a.survivor_id FROM crm_aliases a
                           WHERE a.workspace_id = p_workspace AND a.portal_id = p_portal AND a.object_type = p_object AND a.id = shown), shown);
    losers := ARRAY(SELECT DISTINCT u.loser FROM unnest(p_survivor, p_loser) u (survivor, loser)
                     WHERE u.survivor = shown AND u.loser <> survivor AND u.loser <> ALL (erased)
                       AND (SELECT a.survivor_id FROM crm_aliases a
                             WHERE a.workspace_id = p_workspace AND a.portal_id = p_portal AND a.object_type = p_object AND a.id = u.loser) IS NULL
                     ORDER BY u.loser);
    CONTINUE WHEN cardinality(losers) = 0;
    SELECT count(*)::int AS rows, (count(*) FILTER (WHERE r.archived_at IS NULL))::int AS live INTO known FROM crm_records r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = ANY (losers);
    SELECT r.properties, r.archived_at IS NULL AS live INTO was FROM crm_records r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = survivor;
    -- Nothing that an id could lead to.
    CONTINUE WHEN was IS NULL AND NOT survivor = ANY (p_id);

    INSERT INTO crm_aliases (workspace_id, portal_id, object_type, id, survivor_id)
    SELECT p_workspace, p_portal, p_object, l, survivor FROM unnest(losers) l;
    UPDATE crm_aliases a SET survivor_id = survivor
     WHERE a.workspace_id = p_workspace AND a.portal_id = p_portal AND a.object_type = p_object AND a.survivor_id = ANY (losers);
    CONTINUE WHEN known.rows = 0;

    DELETE FROM crm_records r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = ANY (losers);
    PERFORM crm_forget_values(p_workspace, p_portal, p_object, losers);
    INSERT INTO crm_records AS r (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
    SELECT p_workspace, p_portal, p_object, u.id, u.properties::jsonb, u.hash, u.created_at, u.modified_at, p_read_at, p_source
      FROM unnest(p_id, p_properties, p_hash, p_created, p_modified) AS u (id, properties, hash, created_at, modified_at)
     WHERE u.id = survivor ORDER BY u.modified_at DESC LIMIT 1
    ON CONFLICT (workspace_id, portal_id, object_type, id) DO UPDATE SET
      properties = excluded.properties, hash = excluded.hash, created_at = excluded.created_at,
      modified_at = greatest(r.modified_at, excluded.modified_at), archived_at = NULL, read_at = excluded.read_at, source = excluded.source,
      version = r.version + 1
    WHERE CASE WHEN r.archived_at IS NOT NULL THEN excluded.read_at > r.read_at
               ELSE excluded.modified_at > r.modified_at
                    OR (excluded.modified_at = r.modified_at AND excluded.hash <> r.hash AND excluded.read_at > r.read_at) END;
    SELECT r.properties, r.modified_at, r.archived_at, r.archived_at IS NULL AS live INTO has FROM crm_records r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = survivor;

    INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, changed, merged_ids, happened_at)
    VALUES (p_workspace, now_generation, p_portal, p_object, survivor, 'Merged',
            coalesce(crm_difference(CASE WHEN was.live THEN was.properties ELSE '{}' END, has.properties), '{}'), losers, has.modified_at);
    IF crm_has_edges(p_workspace, p_portal, p_object, losers) THEN
      PERFORM crm_move_edges(p_workspace, p_portal, p_object, losers, array_fill(survivor, ARRAY[cardinality(losers)]), p_read_at);
    END IF;
    IF NOT has.live THEN
      INSERT INTO crm_changes (workspace_id, generation, portal_id, object_type, record_id, action, changed, happened_at)
      VALUES (p_workspace, now_generation, p_portal, p_object, survivor, 'Deleted', has.properties, has.archived_at);
    END IF;
    merged := merged + 1;
    came := came + has.live::int - coalesce(was.live, false)::int - known.live;
  END LOOP;
  RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION crm_merge_records TO sluice_app;
