-- Notes when the pack's workflow will look next (null: not before a nudge), so that a new plan knows what to wake.
CREATE OR REPLACE FUNCTION set_pack_wake(p_workspaces text, p_pack bigint, p_in_ms float8) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  UPDATE packs SET wake_at = clock_timestamp() + p_in_ms * interval '1 millisecond' WHERE id = p_pack;
END $$;
GRANT EXECUTE ON FUNCTION set_pack_wake TO sluice_app;
