-- Without a transaction
CREATE INDEX CONCURRENTLY "sync_states_told" ON "sync_states" USING btree ("told_since","started_at");