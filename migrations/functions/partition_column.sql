-- The time by whose day a table is partitioned. Functions that make and drop partitions run as the owner: they take no
-- other table.
CREATE OR REPLACE FUNCTION partition_column(p_table text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
  name CONSTANT text := CASE p_table
    WHEN 'execution_history' THEN 'finished_at'
    WHEN 'outbox_history' THEN 'processed_at'
    WHEN 'request_log' THEN 'at'
    WHEN 'crm_changes' THEN 'recorded_at'
    WHEN 'webhook_events' THEN 'occurred_at' END;
BEGIN
  IF name IS NULL THEN RAISE EXCEPTION '% is not partitioned by day', p_table; END IF;
  RETURN name;
END $$;
GRANT EXECUTE ON FUNCTION partition_column TO sluice_system;
