-- Looks at consumers of the feed, the longest not looked at first: whether something follows that they have not had, whether they are further behind
-- than their limit, and whether what followed at the last look was removed before they had it. Returns the webhooks that are to be called and are
-- called by nobody. Across tenants by design: it returns ids only.
--
-- A look costs one probe of the feed by its key, however far behind a consumer is. What it has found is forgotten whenever a consumer moves.
CREATE OR REPLACE FUNCTION consumers_look(p_most int, p_again_ms int, p_keep_days int) RETURNS TABLE (workspace_id uuid, consumer_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
  c record;
  first_unread timestamptz;
  now_generation smallint;
BEGIN
  SELECT count(*) INTO now_generation FROM installations;
  FOR c IN
    SELECT o.* FROM crm_consumers o WHERE o.look_at <= statement_timestamp() ORDER BY o.look_at LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    SELECT f.recorded_at INTO first_unread FROM crm_changes f
     WHERE f.workspace_id = c.workspace_id AND (f.generation, f.transaction_id, f.id) > (c.generation, c.transaction_id, c.change_id)
       AND (f.generation, f.transaction_id) < (now_generation, pg_snapshot_xmin(pg_current_snapshot()))
     ORDER BY f.generation, f.transaction_id, f.id LIMIT 1;
    UPDATE crm_consumers o
       SET look_at = clock_timestamp() + p_again_ms * interval '1 millisecond',
           unread_since = first_unread,
           behind_since = CASE WHEN first_unread < now() - c.lag_limit_minutes * interval '1 minute' THEN coalesce(c.behind_since, now()) END,
           missed_at = CASE WHEN c.unread_since < now() - make_interval(days => p_keep_days) AND first_unread IS DISTINCT FROM c.unread_since
                            THEN coalesce(c.missed_at, now()) ELSE c.missed_at END
     WHERE o.id = c.id;
    CONTINUE WHEN c.sink <> 'webhook' OR c.paused_at IS NOT NULL OR c.try_at > clock_timestamp() OR c.lease_until > clock_timestamp();
    CONTINUE WHEN first_unread IS NULL AND NOT EXISTS (SELECT FROM crm_dead_changes d WHERE d.consumer_id = c.id AND d.redrive);
    workspace_id := c.workspace_id;
    consumer_id := c.id;
    RETURN NEXT;
  END LOOP;
END $$;
ALTER FUNCTION consumers_look(int, int, int) OWNER TO sluice_system;
GRANT EXECUTE ON FUNCTION consumers_look TO sluice_maintenance;
