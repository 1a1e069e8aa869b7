-- The handlers of these admissions of lanes (admit_runs.sql) have begun: their places come free one interval from now.
CREATE OR REPLACE FUNCTION runs_begun(p_workspaces text, p_turns bigint[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  UPDATE lane_grants g SET answered_at = clock_timestamp() WHERE g.id = ANY (p_turns) AND g.answered_at IS NULL;
END $$;
GRANT EXECUTE ON FUNCTION runs_begun TO sluice_app;
