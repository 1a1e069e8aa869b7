-- A time of day in the zone of the portal, as HubSpot names it; in UTC where this database does not know the zone.
CREATE OR REPLACE FUNCTION in_portal_zone(p_portal bigint, p_local timestamp) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN p_local AT TIME ZONE coalesce((SELECT o.time_zone FROM portals o WHERE o.portal_id = p_portal), 'UTC');
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN p_local AT TIME ZONE 'UTC';
END $$;
GRANT EXECUTE ON FUNCTION in_portal_zone TO sluice_app;
