-- Without a transaction
CREATE INDEX CONCURRENTLY "sync_states_missing" ON "sync_states" USING btree ("workspace_id","portal_id","object_type") WHERE missed_in_a_row > 0;
