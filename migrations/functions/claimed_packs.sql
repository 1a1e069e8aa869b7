-- Of these packs, those that an activity has claimed (or that are done): the truth behind the NOTIFY hints.
CREATE OR REPLACE FUNCTION claimed_packs(p_workspaces text, p_packs bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  RETURN QUERY SELECT id FROM packs WHERE id = ANY (p_packs) AND (claimed_at IS NOT NULL OR done_at IS NOT NULL);
END $$;
