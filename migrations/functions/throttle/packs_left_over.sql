-- Of the next `p_look` packs after `p_after` that are not done: those whose executions have all ended (another
-- workflow's activity completed them) and whose own workflow does not see it: it sleeps, was never started, or is gone.
-- `last_pack` is where to go on, in each row, also in the one that there is when none is left over; null: at the
-- beginning. Across tenants by design, for the reconciler; it returns ids.
CREATE OR REPLACE FUNCTION packs_left_over(p_after bigint, p_look int)
RETURNS TABLE (last_pack bigint, workspace_id uuid, pack_id bigint, workflow_id text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  t CONSTANT timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY
  WITH looked AS MATERIALIZED (
    SELECT * FROM packs k WHERE k.done_at IS NULL AND k.id > p_after ORDER BY k.id LIMIT p_look
  ), left_over AS (
    SELECT k.workspace_id, k.id, k.workflow_id FROM looked k
     WHERE coalesce(k.started_at, k.created_at) < t - interval '10 seconds'
       AND (k.started_at IS NULL OR k.wake_at IS NULL OR k.wake_at > t + interval '10 seconds'
            OR k.wake_at < t - interval '1 minute')
       AND NOT EXISTS (SELECT FROM executions e WHERE e.pack_id = k.id)
  )
  SELECT (SELECT max(id) FROM looked), l.* FROM (SELECT) always LEFT JOIN left_over l ON true;
END $$;
ALTER FUNCTION packs_left_over(bigint, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION packs_left_over TO sluice_maintenance;
