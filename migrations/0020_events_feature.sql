ALTER TABLE "outbox_portals" ADD COLUMN "refused_events" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "events_enabled" boolean DEFAULT false NOT NULL;