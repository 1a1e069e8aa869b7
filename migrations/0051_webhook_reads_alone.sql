CREATE TABLE "webhook_counts" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"received" bigint DEFAULT 0 NOT NULL,
	"late" bigint DEFAULT 0 NOT NULL,
	"last_received_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "webhook_counts_workspace_id_portal_id_object_type_pk" PRIMARY KEY("workspace_id","portal_id","object_type")
);
--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "seen_first" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "seen_again" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
-- The default is set apart: with it the rows that are there would be written anew.
ALTER TABLE "webhook_reads" ADD COLUMN "due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "webhook_reads" ALTER COLUMN "due_at" SET DEFAULT clock_timestamp();--> statement-breakpoint
UPDATE "webhook_reads" SET "due_at" = "asked_at" WHERE "due_at" IS NULL;--> statement-breakpoint
ALTER TABLE "webhook_reads" ADD COLUMN "deletes" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_reads" ADD COLUMN "tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_reads" ADD COLUMN "error_class" text;--> statement-breakpoint
ALTER TABLE "webhook_reads" ADD COLUMN "last_error" text;--> statement-breakpoint
ALTER TABLE "webhook_reads" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
-- A round that is under way went by ids; it begins anew, by what waits longest.
UPDATE "sync_passes" SET "cursor" = NULL WHERE "pass" = 'webhooks' AND "cursor" IS NOT NULL;
