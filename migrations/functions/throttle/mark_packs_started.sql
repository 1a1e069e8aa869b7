-- Notes that the workflows of these packs have been started.
CREATE OR REPLACE FUNCTION mark_packs_started(p_workspaces text, p_packs bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  UPDATE packs SET started_at = clock_timestamp() WHERE id = ANY (p_packs) AND started_at IS NULL;
END $$;
GRANT EXECUTE ON FUNCTION mark_packs_started TO sluice_app;
