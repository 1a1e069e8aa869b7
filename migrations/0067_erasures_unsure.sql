ALTER TABLE "sync_states" ADD COLUMN "erasures_unsure_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "erasures_unsure_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "erasures_unsure" text[] DEFAULT '{}' NOT NULL;