-- Nothing of the pack is left, and its workflow ends. Whatever should ride in it all the same is freed, to be taken by
-- another: a pack that is done carries nothing.
CREATE OR REPLACE FUNCTION finish_pack(p_workspaces text, p_pack bigint) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  UPDATE packs SET done_at = clock_timestamp() WHERE id = p_pack AND done_at IS NULL;
  UPDATE executions SET pack_id = NULL, attempts = least(attempts + 1, 32000) WHERE pack_id = p_pack;
END $$;
GRANT EXECUTE ON FUNCTION finish_pack TO sluice_app;
