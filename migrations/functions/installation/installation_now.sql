-- The installation that this database is, the last event that it numbered, and whether it was restored or copied since it took its id: then
-- nothing may be numbered before it has another one (adopt_installation).
CREATE OR REPLACE FUNCTION installation_now() RETURNS TABLE (id text, last_event_id bigint, moved boolean)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT i.id, CASE WHEN s.is_called THEN s.last_value ELSE 0 END, i.place <> installation_place()
    FROM installations i, outbox_event_ids s ORDER BY i.from_event_id DESC LIMIT 1;
END $$;
GRANT EXECUTE ON FUNCTION installation_now TO sluice_app, sluice_maintenance, sluice_system;
