-- Blocks a bucket (column `ring`), or with `portal` all buckets of a portal, for a while, because HubSpot asked for it.
-- A block only ever grows: a later, shorter one does not end it sooner.
CREATE OR REPLACE FUNCTION budget_block(p_workspace text, p_portal bigint, p_ring text, p_ms float8, p_reason text)
RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
  t timestamptz := clock_timestamp();
  left_ms float8;
BEGIN
  PERFORM set_config('app.workspace', p_workspace, true);
  INSERT INTO budget_rings AS r (portal_id, ring, workspace_id, blocked_until, blocked_reason, refused)
  SELECT p.portal_id, p_ring, p.workspace_id, t + p_ms * interval '1 millisecond', p_reason, 1
    FROM portals p WHERE p.portal_id = p_portal
  ON CONFLICT (portal_id, ring) DO UPDATE
     SET refused = r.refused + 1,
         blocked_reason = CASE WHEN r.blocked_until >= excluded.blocked_until THEN r.blocked_reason
                               ELSE excluded.blocked_reason END,
         blocked_until = greatest(r.blocked_until, excluded.blocked_until)
  RETURNING (extract(epoch FROM blocked_until - t) * 1000)::float8 INTO left_ms;
  RETURN left_ms;
END $$;
GRANT EXECUTE ON FUNCTION budget_block TO sluice_app;
