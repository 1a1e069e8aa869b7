-- Without a transaction
CREATE INDEX CONCURRENTLY "sync_states_unsure" ON "sync_states" USING btree ("workspace_id","portal_id","object_type") WHERE erasures_unsure <> '{}';