-- Notes how many events webhooks have brought of each type, and how many of them were late: of types that are mirrored, in the order of their keys.
CREATE OR REPLACE FUNCTION webhook_count(p_workspaces text, p_workspace uuid[], p_portals bigint[], p_types text[], p_received bigint[], p_late bigint[])
RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  INSERT INTO webhook_counts AS c (workspace_id, portal_id, object_type, received, late)
  SELECT u.workspace_id, u.portal_id, u.object_type, u.received, u.late
    FROM unnest(p_workspace, p_portals, p_types, p_received, p_late) AS u (workspace_id, portal_id, object_type, received, late)
   WHERE (SELECT true FROM sync_states s WHERE s.workspace_id = u.workspace_id AND s.portal_id = u.portal_id AND s.object_type = u.object_type)
   ORDER BY u.workspace_id, u.portal_id, u.object_type
  ON CONFLICT ON CONSTRAINT webhook_counts_workspace_id_portal_id_object_type_pk
    DO UPDATE SET received = c.received + EXCLUDED.received, late = c.late + EXCLUDED.late, last_received_at = EXCLUDED.last_received_at;
END $$;
GRANT EXECUTE ON FUNCTION webhook_count TO sluice_app;
