-- Without a transaction
CREATE INDEX CONCURRENTLY "outbox_ledger_object" ON "outbox_ledger" USING btree ("portal_id","object_id") WHERE object_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_pending_workspace" ON "outbox_pending" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "action_rates_workspace" ON "action_rates" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "execution_history_workspace" ON "execution_history" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "executions_workspace" ON "executions" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "lane_grants_answered" ON "lane_grants" USING btree ("lane_id","answered_total") WHERE "lane_grants"."answered_total" IS NOT NULL;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "lane_grants_uncounted" ON "lane_grants" USING btree ("lane_id") WHERE "lane_grants"."answered_total" IS NULL AND "lane_grants"."count" > 0;
