-- Looks at consumers of the feed, the longest not looked at first: whether something follows that they have not had, whether they are further behind
-- than their limit, and whether what followed at the last look was removed before they had it. Returns the webhooks and handlers whose turn it is to be called.
-- Across tenants by design: it returns ids only.
--
-- A look costs one probe of the feed by its key, however far behind a consumer is. What it has found is forgotten whenever a consumer moves.
-- Of a workspace so many are called at a time; who waits longest has the next turn, and a turn that nobody takes in hand is given again.
CREATE OR REPLACE FUNCTION consumers_look(p_most int, p_again_ms int, p_keep_days int, p_at_once int, p_turn_ms int)
RETURNS TABLE (workspace_id uuid, consumer_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  c record;
  first_unread timestamptz;
  now_generation smallint;
  waiting timestamptz;
  before_it int;
BEGIN
  SELECT count(*) INTO now_generation FROM installations;
  FOR c IN
    SELECT o.* FROM crm_consumers o WHERE o.look_at <= statement_timestamp() ORDER BY o.look_at LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    SELECT f.recorded_at INTO first_unread FROM crm_changes f
     WHERE f.workspace_id = c.workspace_id AND (f.generation, f.transaction_id, f.id) > (c.generation, c.transaction_id, c.change_id)
       AND (f.generation, f.transaction_id) < (now_generation, pg_snapshot_xmin(pg_current_snapshot()))
     ORDER BY f.generation, f.transaction_id, f.id LIMIT 1;
    waiting := CASE WHEN c.sink <> 'pull' AND c.paused_at IS NULL AND c.try_at <= clock_timestamp()
                         AND coalesce(c.lease_until <= clock_timestamp(), true) AND coalesce(c.turn_until <= clock_timestamp(), true)
                         AND (first_unread IS NOT NULL OR EXISTS (SELECT FROM crm_dead_changes d WHERE d.consumer_id = c.id AND d.redrive))
                    THEN coalesce(c.waits_since, clock_timestamp()) END;
    before_it := 0;
    IF waiting IS NOT NULL THEN
      SELECT count(*) INTO before_it FROM crm_consumers o
       WHERE o.workspace_id = c.workspace_id AND o.id <> c.id
         AND (o.lease_until > clock_timestamp() OR o.turn_until > clock_timestamp() OR (o.waits_since, o.id) < (waiting, c.id));
    END IF;
    UPDATE crm_consumers o
       SET look_at = clock_timestamp() + CASE WHEN before_it < p_at_once THEN p_again_ms ELSE p_again_ms / 5 END * interval '1 millisecond',
           unread_since = first_unread,
           behind_since = CASE WHEN first_unread < now() - c.lag_limit_minutes * interval '1 minute' THEN coalesce(c.behind_since, now()) END,
           missed_at = CASE WHEN c.unread_since < now() - make_interval(days => p_keep_days) AND first_unread IS DISTINCT FROM c.unread_since
                            THEN coalesce(c.missed_at, now()) ELSE c.missed_at END,
           waits_since = CASE WHEN before_it >= p_at_once THEN waiting END,
           turn_until = CASE WHEN waiting IS NOT NULL AND before_it < p_at_once THEN clock_timestamp() + p_turn_ms * interval '1 millisecond'
                             ELSE c.turn_until END
     WHERE o.id = c.id;
    CONTINUE WHEN waiting IS NULL OR before_it >= p_at_once;
    workspace_id := c.workspace_id;
    consumer_id := c.id;
    RETURN NEXT;
  END LOOP;
END $$;
ALTER FUNCTION consumers_look(int, int, int, int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION consumers_look TO sluice_maintenance;
