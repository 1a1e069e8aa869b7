-- Without a transaction
CREATE INDEX CONCURRENTLY "webhook_reads_due" ON "webhook_reads" USING btree ("workspace_id","portal_id","object_type","due_at") WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "webhook_reads_erasing" ON "webhook_reads" USING btree ("workspace_id","portal_id","object_type","due_at") WHERE erases AND due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "webhook_reads_unread" ON "webhook_reads" USING btree ("workspace_id","portal_id","object_type","record_id") WHERE ended_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "webhook_reads_ended" ON "webhook_reads" USING btree ("ended_at") WHERE ended_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "webhook_strays_portal" ON "webhook_strays" USING btree ("portal_id");