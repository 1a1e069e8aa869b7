-- Records are in HubSpot's recycle bin: those that the mirror has as live leave it, as far as the bound for an hour allows, and the counter follows.
-- Returns how many did, and how many are held: more deletes than 1 % of the live records in an hour, and than 100, wait for a person's word, and all
-- after them. What HubSpot deleted before that word is then told of without a bound, or stays in the mirror.
--
-- A round over the recycle bin (`p_is_round`) shows each delete once: it counts what is held. Its caller holds the lock of portal and type.
CREATE OR REPLACE FUNCTION sync_tell_deletes(
  p_workspace uuid, p_portal bigint, p_object text, p_read_at timestamptz, p_source text, p_id bigint[], p_archived timestamptz[], p_is_round boolean
) RETURNS TABLE (deleted int, held int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  s record;
  bounded bigint[];
  told_of int := 0;
  is_held boolean;
BEGIN
  PERFORM set_config('app.workspace', p_workspace::text, true);
  SELECT o.live, o.deletes_held_at, o.deletes_released_until, o.deletes_refused_until,
         CASE WHEN o.deletes_since > clock_timestamp() - interval '1 hour' THEN o.deletes ELSE 0 END AS of_the_hour,
         CASE WHEN o.deletes_since > clock_timestamp() - interval '1 hour' THEN o.deletes_since ELSE clock_timestamp() END AS since
    INTO STRICT s FROM sync_states o
   WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object FOR NO KEY UPDATE;
  bounded := ARRAY(
    SELECT r.id FROM crm_records r
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.id = ANY (p_id)
       AND r.archived_at IS NULL AND r.read_at <= p_read_at
       AND (p_archived[array_position(p_id, r.id)] <= s.deletes_released_until) IS NOT TRUE
       AND (p_archived[array_position(p_id, r.id)] <= s.deletes_refused_until) IS NOT TRUE);
  is_held := cardinality(bounded) > 0 AND
             (s.deletes_held_at IS NOT NULL OR s.of_the_hour + cardinality(bounded) > greatest(100, (s.live + s.of_the_hour) / 100));
  SELECT coalesce(crm_archive_records(p_workspace, p_portal, p_object, p_read_at, p_source, array_agg(u.id), array_agg(u.archived)), 0) INTO told_of
    FROM unnest(p_id, p_archived) u (id, archived)
   WHERE (u.archived <= s.deletes_refused_until) IS NOT TRUE AND NOT (is_held AND u.id = ANY (bounded));
  held := CASE WHEN is_held THEN cardinality(bounded) ELSE 0 END;
  deleted := told_of;
  UPDATE sync_states o
     SET live = o.live - told_of, deletes = s.of_the_hour + CASE WHEN is_held THEN 0 ELSE cardinality(bounded) END, deletes_since = s.since,
         deletes_held_at = CASE WHEN is_held THEN coalesce(o.deletes_held_at, clock_timestamp()) ELSE o.deletes_held_at END,
         deletes_counted = o.deletes_counted + CASE WHEN p_is_round THEN held ELSE 0 END,
         deletes_held = greatest(o.deletes_held, held, CASE WHEN p_is_round THEN o.deletes_counted + held END)
   WHERE o.workspace_id = p_workspace AND o.portal_id = p_portal AND o.object_type = p_object AND (told_of > 0 OR is_held);
  RETURN NEXT;
END $$;
GRANT EXECUTE ON FUNCTION sync_tell_deletes TO sluice_app;
