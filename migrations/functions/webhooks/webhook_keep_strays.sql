-- Keeps what webhooks say of portals that are nobody's here, with the reason. Of a portal that somebody has nothing is kept: it came to be connected
-- meanwhile, and HubSpot is to call again. Returns the places of the events of such portals. Across tenants by design: it tells nobody whose a portal is.
CREATE OR REPLACE FUNCTION webhook_keep_strays(
  p_portals bigint[], p_occurred timestamptz[], p_keys bytea[], p_types text[], p_object_types text[], p_record_ids bigint[]
) RETURNS int[]
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  WITH stray AS MATERIALIZED (
    SELECT e.*, (SELECT p.state FROM portals p WHERE p.portal_id = e.portal_id) AS state
      FROM unnest(p_portals, p_occurred, p_keys, p_types, p_object_types, p_record_ids) WITH ORDINALITY
           AS e (portal_id, occurred_at, key, type, object_type, record_id, n)
  ), kept AS (
    INSERT INTO webhook_strays (key, portal_id, occurred_at, reason, subscription_type, object_type, record_id)
    SELECT key, portal_id, coalesce(occurred_at, statement_timestamp()), CASE WHEN state IS NULL THEN 'unknown_portal' ELSE 'disconnected_portal' END, type, object_type, record_id
      FROM stray WHERE state IS NULL OR state = 'disconnected' ORDER BY key
    ON CONFLICT DO NOTHING
  )
  SELECT ARRAY(SELECT n::int FROM stray WHERE state IS NOT NULL AND state <> 'disconnected' ORDER BY n)
$$;
ALTER FUNCTION webhook_keep_strays OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION webhook_keep_strays TO sluice_app;
