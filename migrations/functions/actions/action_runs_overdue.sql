-- Open runs of actions whose workflow may be missing, or asleep though the run has ended (`is_ending`: only HubSpot is to be told), the longest
-- due first; each is looked for again after half a minute. Across tenants by design.
CREATE OR REPLACE FUNCTION action_runs_overdue(p_most int)
RETURNS TABLE (workspace_id uuid, portal_id bigint, callback_id text, id bigint, action text, is_ending boolean, is_fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  due CONSTANT timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY
  UPDATE action_runs r SET due_at = clock_timestamp() + interval '30 seconds'
   WHERE r.ctid = ANY (ARRAY(
     SELECT o.ctid FROM action_runs o WHERE o.state IN ('waiting', 'completing') AND o.due_at < due ORDER BY o.due_at LIMIT p_most
        FOR UPDATE SKIP LOCKED))
  RETURNING r.workspace_id, r.portal_id, r.callback_id, r.id, r.action, r.state = 'completing', r.state = 'waiting' AND r.attempts = 0;
END $$;
ALTER FUNCTION action_runs_overdue(int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION action_runs_overdue TO sluice_maintenance;
