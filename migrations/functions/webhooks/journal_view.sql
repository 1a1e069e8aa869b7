-- How the webhooks journal stands, for whoever looks after the app: nothing of it is any tenant's.
CREATE OR REPLACE FUNCTION journal_view() RETURNS TABLE (
  journal_offset text, read_until timestamptz, asked_at timestamptz, file_at timestamptz, files float8, events float8, failures int,
  error_code text, last_error text, losses int, set_aside int, lost_at timestamptz, lost_from timestamptz, updates_seen_at timestamptz, planned_at timestamptz,
  told int, polled int, others int, refused text, tells boolean, behind_seconds float8, silent_seconds float8
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT j.journal_offset, j.read_until, j.asked_at, j.file_at, j.files::float8, j.events::float8, j.failures_in_a_row, j.error_code, j.last_error,
         j.losses, j.set_aside, j.lost_at, j.lost_from, j.updates_seen_at, j.planned_at, j.told, j.polled, j.others, j.refused, journal_tells(),
         extract(epoch FROM statement_timestamp() - j.read_until)::float8, extract(epoch FROM statement_timestamp() - j.asked_at)::float8
    FROM webhook_journal j WHERE j.id = 1
$$;
ALTER FUNCTION journal_view() OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION journal_view TO sluice_app;
