-- Open runs of actions whose workflow may be missing, or asleep though the run has ended (`is_ending`: only HubSpot is to be told), the longest
-- due first; each is looked for again after half a minute. Those that are answered by their outputs have no workflow: where HubSpot has not called
-- again, they end here. Across tenants by design.
CREATE OR REPLACE FUNCTION action_runs_overdue(p_most int)
RETURNS TABLE (workspace_id uuid, portal_id bigint, callback_id text, id bigint, action text, is_ending boolean, is_fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  due CONSTANT timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY
  WITH seen AS (
    UPDATE action_runs r SET due_at = clock_timestamp() + interval '30 seconds',
           state = CASE WHEN r.state = 'waiting' AND r.answering_until IS NOT NULL THEN 'failed' ELSE r.state END,
           error_code = CASE WHEN r.state = 'waiting' AND r.answering_until IS NOT NULL THEN 'gave_up' ELSE r.error_code END,
           reason = CASE WHEN r.state = 'waiting' AND r.answering_until IS NOT NULL THEN 'HubSpot did not call again' ELSE r.reason END,
           ended_at = CASE WHEN r.state = 'waiting' AND r.answering_until IS NOT NULL THEN due END
     WHERE r.ctid = ANY (ARRAY(
       SELECT o.ctid FROM action_runs o WHERE o.state IN ('waiting', 'completing') AND o.due_at < due ORDER BY o.due_at LIMIT p_most
          FOR UPDATE SKIP LOCKED))
    RETURNING r.workspace_id, r.portal_id, r.callback_id, r.id, r.action, r.state, r.attempts
  )
  SELECT r.workspace_id, r.portal_id, r.callback_id, r.id, r.action, r.state = 'completing', r.state = 'waiting' AND r.attempts = 0
    FROM seen r WHERE r.state <> 'failed';
END $$;
ALTER FUNCTION action_runs_overdue(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION action_runs_overdue TO sluice_maintenance;
