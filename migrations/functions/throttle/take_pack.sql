-- Takes the head of a lane's executions that ride in no workflow yet, at most `p_most`, as one pack.
-- The pack's row makes its start repeatable: every process that finds it unstarted starts the same workflow id. A call
-- that comes again when its key is gone, as a recorded one can, finds the id taken and gets another: packs stay longer
-- than keys, and one that cannot be made would hold up its lane for good.
CREATE OR REPLACE FUNCTION take_pack(p_workspaces text, p_lane bigint, p_most int) RETURNS TABLE (
  pack_id bigint, workflow_id text, portal_id bigint, head_callback_id text, size int, due_at timestamptz,
  now_at timestamptz
) LANGUAGE plpgsql -- whose plans are kept; those of an SQL function are made at each call
-- A plan made while the tables were empty would scan them whole when they have grown, until the next ANALYZE: every
-- access is by key.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  RETURN QUERY
  WITH picked AS (
    SELECT id, workspace_id, portal_id, callback_id, seq, planned_at, attempts FROM executions
     WHERE pack_id IS NULL AND lane_id = p_lane ORDER BY seq
     LIMIT least(p_most, (SELECT max_per_workflow FROM lanes WHERE id = p_lane)) FOR UPDATE SKIP LOCKED
  ), first AS (
    SELECT p.*, 'throttle/' || p.portal_id || '/' ||
                CASE WHEN length(p.callback_id) > 180 THEN md5(p.callback_id) ELSE p.callback_id END AS workflow
      FROM picked p ORDER BY p.seq LIMIT 1
  ), head AS (
    SELECT f.*, f.attempts > 0 OR EXISTS (SELECT FROM packs k WHERE k.workflow_id = f.workflow) AS again FROM first f
  ), pack AS (
    INSERT INTO packs (workspace_id, portal_id, lane_id, workflow_id, head_callback_id, size,
                       due_at, wake_at, created_at)
    SELECT h.workspace_id, h.portal_id, p_lane,
           h.workflow || CASE WHEN h.again THEN '/' || h.id || '-' || h.attempts ELSE '' END,
           h.callback_id, (SELECT count(*) FROM picked),
           (SELECT min(planned_at) FROM picked), (SELECT min(planned_at) FROM picked), clock_timestamp()
      FROM head h
    RETURNING *
  ), marked AS (
    UPDATE executions e SET pack_id = pack.id FROM pack, picked WHERE e.id = picked.id
  )
  SELECT id, workflow_id, portal_id, head_callback_id, size::int, due_at, clock_timestamp() FROM pack;
END $$;
GRANT EXECUTE ON FUNCTION take_pack TO sluice_app;
