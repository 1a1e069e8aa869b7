-- Without a transaction
CREATE INDEX CONCURRENTLY "crm_records_archived" ON "crm_records" USING btree ("workspace_id","portal_id","object_type","id") WHERE archived_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "sync_states_held" ON "sync_states" USING btree ("workspace_id","portal_id","object_type") WHERE deletes_held_at IS NOT NULL AND ended_at IS NULL;