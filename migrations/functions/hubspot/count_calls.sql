-- Adds to the day's counts of portals and returns what they are now. Rows are taken in order, so that two processes
-- cannot deadlock.
CREATE OR REPLACE FUNCTION count_calls(
  p_workspaces text, p_workspace uuid[], p_portal bigint[], p_day date[], p_calls int[], p_errors int[]
) RETURNS TABLE (portal_id float8, day text, calls int, errors int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  RETURN QUERY
  INSERT INTO call_counts AS c (portal_id, day, workspace_id, calls, errors)
  SELECT u.portal, u.day, u.workspace, u.calls, u.errors
    FROM unnest(p_workspace, p_portal, p_day, p_calls, p_errors) AS u (workspace, portal, day, calls, errors)
   ORDER BY u.portal, u.day
  ON CONFLICT (portal_id, day) DO UPDATE SET calls = c.calls + excluded.calls, errors = c.errors + excluded.errors
  RETURNING c.portal_id::float8, c.day::text, c.calls, c.errors;
END $$;
GRANT EXECUTE ON FUNCTION count_calls TO sluice_app;
