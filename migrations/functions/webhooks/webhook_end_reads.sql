-- These records were read, but for those in `p_put_off`. One that was named again since it was listed (`p_versions`) stays, due from now on: behind all
-- that waits already. One that cannot be read, though others can, is put off by itself, for longer each time (`p_waits_ms`, from the first try on), and has
-- ended after the last, with its reason. Rows are locked in the order of their keys, as by whoever writes them. Returns how many have ended so.
CREATE OR REPLACE FUNCTION webhook_end_reads(
  p_workspace uuid, p_portal bigint, p_object text, p_ids bigint[], p_versions bigint[], p_put_off bigint[], p_waits_ms bigint[], p_class text, p_error text
) RETURNS int
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  done bigint[];
  again bigint[];
  put_off bigint[];
  ended int := 0;
BEGIN
  WITH listed AS MATERIALIZED (
    SELECT u.record_id, u.version FROM unnest(p_ids, p_versions) AS u (record_id, version) ORDER BY u.record_id
  ), held AS MATERIALIZED (
    SELECT w.record_id, w.version = l.version AS is_read, w.record_id = ANY (p_put_off) AS is_put_off
      FROM listed l, LATERAL (SELECT r.record_id, r.version FROM webhook_reads r
                               WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.record_id = l.record_id
                                 AND r.due_at IS NOT NULL FOR UPDATE) w
  )
  SELECT array_agg(h.record_id) FILTER (WHERE h.is_read AND NOT h.is_put_off), array_agg(h.record_id) FILTER (WHERE NOT h.is_read AND NOT h.is_put_off),
         array_agg(h.record_id) FILTER (WHERE h.is_put_off)
    INTO done, again, put_off FROM held h;
  DELETE FROM webhook_reads r
   WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.record_id = ANY (done);
  IF again IS NOT NULL THEN
    UPDATE webhook_reads r SET due_at = clock_timestamp(), tries = 0, error_class = NULL, last_error = NULL
     WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.record_id = ANY (again);
  END IF;
  IF put_off IS NOT NULL THEN
    WITH tried AS (
      UPDATE webhook_reads r
         SET tries = r.tries + 1, error_class = p_class, last_error = p_error,
             due_at = clock_timestamp() + p_waits_ms[r.tries + 1] * interval '1 millisecond',
             ended_at = CASE WHEN r.tries + 1 > cardinality(p_waits_ms) THEN clock_timestamp() END
       WHERE r.workspace_id = p_workspace AND r.portal_id = p_portal AND r.object_type = p_object AND r.record_id = ANY (put_off)
      RETURNING r.ended_at
    )
    SELECT count(*) FILTER (WHERE t.ended_at IS NOT NULL) INTO ended FROM tried t;
  END IF;
  RETURN ended;
END $$;
GRANT EXECUTE ON FUNCTION webhook_end_reads TO sluice_app;
