-- Without a transaction
CREATE INDEX CONCURRENTLY "request_log_correlation" ON "request_log" USING btree ("workspace_id","correlation_id") WHERE correlation_id is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_attempts_correlation" ON "outbox_attempts" USING btree ("workspace_id","correlation_id") WHERE correlation_id is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "lanes_workspace_key" ON "lanes" USING btree ("key","workspace_id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "lanes_workflow" ON "lanes" USING btree ("workflow_id","workspace_id");