ALTER TABLE "sync_states" ADD COLUMN "set_aside" jsonb DEFAULT '{}' NOT NULL;--> statement-breakpoint
-- Mirrors that there are get the new pass.
INSERT INTO "sync_passes" ("workspace_id", "portal_id", "object_type", "pass")
SELECT "workspace_id", "portal_id", "object_type", 'aside' FROM "sync_states" ON CONFLICT DO NOTHING;
