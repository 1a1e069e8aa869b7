-- Without a transaction
CREATE INDEX CONCURRENTLY "portals_workspace" ON "portals" USING btree ("workspace_id","portal_id");--> statement-breakpoint
CREATE INDEX CONCURRENTLY "lanes_paused" ON "lanes" USING btree ("workspace_id","id") WHERE paused_at is not null;