-- Counts deliveries of a portal in a row of which nothing got through, and tells of it: at 50, 70, 90 and 100 % of `p_most` once each, and when
-- it is over. At 100 % the circuit opens: until the cool-down has passed no claim is given, after it a few events may try.
-- Returns the share that is told now, -1 when the portal has recovered after its circuit was open, else 0.
CREATE OR REPLACE FUNCTION outbox_count_delivery(p_workspaces text, p_portal bigint, p_ok boolean, p_most int, p_cool_down_ms bigint)
RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t timestamptz;
  p outbox_portals%ROWTYPE;
  failures int;
  share int := 0;
  told int := 0;
BEGIN
  PERFORM set_config('app.workspace', p_workspaces, true);
  SELECT * INTO p FROM outbox_portals WHERE portal_id = p_portal FOR NO KEY UPDATE;
  IF NOT FOUND OR (p_ok AND p.failures_in_a_row = 0) THEN RETURN 0; END IF;
  t := clock_timestamp();
  IF p_ok THEN
    UPDATE outbox_portals SET failures_in_a_row = 0, noticed_share = 0, circuit_open_until = NULL WHERE portal_id = p_portal;
    told := CASE WHEN p.noticed_share = 100 THEN -1 ELSE 0 END;
  ELSE
    failures := p.failures_in_a_row + 1;
    share := CASE WHEN failures >= p_most THEN 100 WHEN failures * 10 >= p_most * 9 THEN 90 WHEN failures * 10 >= p_most * 7 THEN 70
                  WHEN failures * 2 >= p_most THEN 50 ELSE 0 END;
    told := CASE WHEN share > p.noticed_share THEN share ELSE 0 END;
    UPDATE outbox_portals SET failures_in_a_row = failures, noticed_share = greatest(noticed_share, share),
           circuit_open_until = CASE WHEN failures >= p_most THEN t + p_cool_down_ms * interval '1 millisecond' END
     WHERE portal_id = p_portal;
  END IF;
  IF told <> 0 THEN
    INSERT INTO notices (workspace_id, kind, portal_id, detail, state)
    SELECT w.id, CASE WHEN told < 0 THEN 'outbox.recovered' ELSE 'outbox.failing' END, p_portal,
           CASE WHEN told < 0 THEN jsonb_build_object('failuresInARow', p.failures_in_a_row)
                ELSE jsonb_build_object('share', share, 'failuresInARow', failures, 'circuit', CASE WHEN share = 100 THEN 'open' ELSE 'closed' END) END,
           CASE WHEN w.notify_url IS NULL THEN 'kept' ELSE 'pending' END
      FROM workspaces w WHERE w.id = p.workspace_id;
  END IF;
  RETURN told;
END $$;
GRANT EXECUTE ON FUNCTION outbox_count_delivery TO sluice_app;
