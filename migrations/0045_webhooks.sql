CREATE SEQUENCE "public"."webhook_read_versions" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"occurred_at" timestamp with time zone NOT NULL,
	"key" "bytea" NOT NULL,
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"received_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"subscription_type" text NOT NULL,
	"subscription_id" text,
	"event_id" text,
	"object_type" text,
	"record_id" bigint,
	"property" text,
	"change_source" text,
	"reads" bigint NOT NULL,
	"event" jsonb,
	CONSTRAINT "webhook_events_occurred_at_key_pk" PRIMARY KEY("occurred_at","key")
) PARTITION BY RANGE ("occurred_at");
--> statement-breakpoint
CREATE TABLE "webhook_events_default" PARTITION OF "webhook_events" DEFAULT;
--> statement-breakpoint
CREATE TABLE "webhook_reads" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"record_id" bigint NOT NULL,
	"version" bigint DEFAULT nextval('webhook_read_versions') NOT NULL,
	"associations" boolean NOT NULL,
	"erases" boolean NOT NULL,
	"asked_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "webhook_reads_workspace_id_portal_id_object_type_record_id_pk" PRIMARY KEY("workspace_id","portal_id","object_type","record_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_strays" (
	"key" "bytea" PRIMARY KEY NOT NULL,
	"portal_id" bigint NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"reason" text NOT NULL,
	"subscription_type" text NOT NULL,
	"object_type" text,
	"record_id" bigint
);
--> statement-breakpoint
CREATE INDEX "webhook_events_received" ON "webhook_events" USING btree ("workspace_id","received_at","key");--> statement-breakpoint
CREATE INDEX "webhook_strays_received" ON "webhook_strays" USING btree ("received_at");--> statement-breakpoint
-- Whose a portal is that nobody has is not known: no tenant is shown what came of it.
REVOKE ALL ON "webhook_strays" FROM sluice_app;--> statement-breakpoint
-- Mirrors that there are get the new pass.
INSERT INTO "sync_passes" ("workspace_id", "portal_id", "object_type", "pass")
SELECT "workspace_id", "portal_id", "object_type", 'webhooks' FROM "sync_states" ON CONFLICT DO NOTHING;
