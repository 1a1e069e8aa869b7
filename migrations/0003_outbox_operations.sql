CREATE TABLE "outbox_collected" (
	"inbox" text NOT NULL,
	"inbox_id" bigint NOT NULL,
	"event_id" bigint NOT NULL,
	CONSTRAINT "outbox_collected_inbox_inbox_id_pk" PRIMARY KEY("inbox","inbox_id")
);
--> statement-breakpoint
CREATE TABLE "outbox_redrives" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"filter" jsonb NOT NULL,
	"per_second" real NOT NULL,
	"state" text NOT NULL,
	"total" integer NOT NULL,
	"moved" integer DEFAULT 0 NOT NULL,
	"still_invalid" integer DEFAULT 0 NOT NULL,
	"after_id" bigint DEFAULT 0 NOT NULL,
	"requested_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "outbox_type_settings" (
	"workspace_id" uuid NOT NULL,
	"type" text NOT NULL,
	"mode" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "outbox_type_settings_workspace_id_type_pk" PRIMARY KEY("workspace_id","type")
);
--> statement-breakpoint
ALTER TABLE "outbox_portals" ADD COLUMN "circuit_open_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "outbox_redrives_workspace" ON "outbox_redrives" USING btree ("workspace_id","created_at");--> statement-breakpoint
ALTER TABLE "outbox_mappings" DROP COLUMN "mode";