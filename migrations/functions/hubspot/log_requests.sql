-- Logs a batch of requests to HubSpot, of any number of portals. Their age is measured by the process that sent them.
CREATE OR REPLACE FUNCTION log_requests(
  p_workspaces text, p_workspace uuid[], p_portal bigint[], p_age_ms float8[], p_method text[], p_path text[],
  p_status int[], p_outcome text[], p_ms int[], p_priority text[], p_ring text[], p_budget_used int[],
  p_correlation text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t timestamptz := clock_timestamp();
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  INSERT INTO request_log (workspace_id, portal_id, at, method, path, status, outcome, ms, priority, ring, budget_used,
                           correlation_id)
  SELECT r.workspace, r.portal, t - r.age_ms * interval '1 millisecond', r.method, r.path, r.status, r.outcome, r.ms,
         r.priority, r.ring, r.budget_used, r.correlation
    FROM unnest(p_workspace, p_portal, p_age_ms, p_method, p_path, p_status, p_outcome, p_ms, p_priority, p_ring,
                p_budget_used, p_correlation)
           WITH ORDINALITY AS r (workspace, portal, age_ms, method, path, status, outcome, ms, priority, ring,
                                 budget_used, correlation, k)
   ORDER BY r.k;
END $$;
GRANT EXECUTE ON FUNCTION log_requests TO sluice_app;
