-- Without a transaction
CREATE INDEX CONCURRENTLY "sync_states_told_until" ON "sync_states" USING btree ("told_until") WHERE told_until IS NOT NULL;