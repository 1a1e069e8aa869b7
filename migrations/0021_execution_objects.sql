-- Without a transaction
CREATE INDEX CONCURRENTLY "execution_history_object" ON "execution_history" USING btree ("object_id","workspace_id","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "executions_object" ON "executions" USING btree ("object_id","workspace_id","id");