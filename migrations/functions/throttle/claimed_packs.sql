-- Of these packs, those that an activity has claimed, and those that are done: the truth behind the NOTIFY hints.
CREATE OR REPLACE FUNCTION claimed_packs(p_workspaces text, p_packs bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  RETURN QUERY SELECT u.id FROM unnest(p_packs) AS u (id)
    WHERE NOT EXISTS (SELECT FROM packs p WHERE p.id = u.id AND p.claimed_at IS NULL AND p.done_at IS NULL);
END $$;
GRANT EXECUTE ON FUNCTION claimed_packs TO sluice_app;
