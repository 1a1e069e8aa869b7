-- Whether the journal may stand in for searches: HubSpot answers, what it has published is read, and it has told of changed values at all.
CREATE OR REPLACE FUNCTION journal_tells() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT coalesce((SELECT j.asked_at > statement_timestamp() - interval '1 minute' AND j.read_until > statement_timestamp() - interval '5 minutes'
                          AND j.updates_seen_at IS NOT NULL
                     FROM webhook_journal j WHERE j.id = 1), false)
$$;
ALTER FUNCTION journal_tells() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_tells TO sluice_app;
