-- Nothing of the pack is left, and its workflow ends.
CREATE OR REPLACE FUNCTION finish_pack(p_workspaces text, p_pack bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  UPDATE packs SET done_at = clock_timestamp() WHERE id = p_pack AND done_at IS NULL;
END $$;
GRANT EXECUTE ON FUNCTION finish_pack TO sluice_app;
