-- Without a transaction
CREATE INDEX CONCURRENTLY "audit_heads_signed" ON "audit_heads" USING btree ("signed_at");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "call_counts_day" ON "call_counts" USING btree ("day");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_dead_died" ON "outbox_dead" USING btree ("died_at");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_dead_discarded" ON "outbox_dead" USING btree ("died_at") WHERE state = 'discarded';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_ledger_sent" ON "outbox_ledger" USING btree ("sent_at");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_mappings_updated" ON "outbox_mappings" USING btree ("updated_at");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_redrives_running" ON "outbox_redrives" USING btree ("created_at") WHERE state = 'running';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "outbox_redrives_ended" ON "outbox_redrives" USING btree ("ended_at") WHERE ended_at is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "portals_disconnected" ON "portals" USING btree ("state_changed_at") WHERE state = 'disconnected';--> statement-breakpoint
CREATE INDEX CONCURRENTLY "execution_keys_received" ON "execution_keys" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "packs_to_start" ON "packs" USING btree ("created_at") WHERE started_at is null and done_at is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "packs_awake" ON "packs" USING btree ("wake_at") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "packs_asleep" ON "packs" USING btree ("due_at","id") WHERE done_at is null and (wake_at is null or wake_at > due_at);--> statement-breakpoint
CREATE INDEX CONCURRENTLY "packs_not_done" ON "packs" USING btree ("id") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "packs_done" ON "packs" USING btree ("done_at") WHERE done_at is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "notices_created" ON "notices" USING btree ("created_at");--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "packs_unstarted";