CREATE TABLE "webhook_journal" (
	"id" integer PRIMARY KEY NOT NULL,
	"journal_offset" text,
	"read_until" timestamp with time zone,
	"asked_at" timestamp with time zone,
	"holder" text,
	"lease_until" timestamp with time zone,
	"fence" bigint DEFAULT 0 NOT NULL,
	"file_at" timestamp with time zone,
	"files" bigint DEFAULT 0 NOT NULL,
	"events" bigint DEFAULT 0 NOT NULL,
	"failures_in_a_row" integer DEFAULT 0 NOT NULL,
	"error_code" text,
	"last_error" text,
	"losses" integer DEFAULT 0 NOT NULL,
	"lost_at" timestamp with time zone,
	"lost_from" timestamp with time zone,
	"updates_seen_at" timestamp with time zone,
	"planned_at" timestamp with time zone,
	"told" integer DEFAULT 0 NOT NULL,
	"polled" integer DEFAULT 0 NOT NULL,
	"others" integer DEFAULT 0 NOT NULL,
	"refused" text
);
--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "told_since" timestamp with time zone;--> statement-breakpoint
-- It is the app's: no tenant reads it, and processes do so by functions.
REVOKE ALL ON "webhook_journal" FROM sluice_app;
