ALTER TABLE "sync_states" ADD COLUMN "expected" bigint;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "loading_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "calls" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "failed_runs" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "claimed_at" timestamp with time zone;