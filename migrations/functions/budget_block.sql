-- Leaves a portal's ring alone for a while, because HubSpot said so. A block only ever grows: a later, shorter word does not lift it.
CREATE OR REPLACE FUNCTION budget_block(p_portal bigint, p_ring text, p_ms float8, p_reason text) RETURNS float8
LANGUAGE sql AS $$
  INSERT INTO budget_rings AS r (portal_id, ring, workspace_id, blocked_until, blocked_reason, refused)
  SELECT p.portal_id, p_ring, p.workspace_id, clock_timestamp() + p_ms * interval '1 millisecond', p_reason, 1
    FROM portals p WHERE p.portal_id = p_portal
  ON CONFLICT (portal_id, ring) DO UPDATE
     SET refused = r.refused + 1,
         blocked_reason = CASE WHEN r.blocked_until >= excluded.blocked_until THEN r.blocked_reason ELSE excluded.blocked_reason END,
         blocked_until = greatest(r.blocked_until, excluded.blocked_until)
  RETURNING (extract(epoch FROM blocked_until - clock_timestamp()) * 1000)::float8
$$;
