CREATE TABLE "crm_aliases" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"id" bigint NOT NULL,
	"survivor_id" bigint NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "crm_aliases_workspace_id_portal_id_object_type_id_pk" PRIMARY KEY("workspace_id","portal_id","object_type","id")
);
--> statement-breakpoint
ALTER TABLE "crm_changes" ADD COLUMN "merged_ids" bigint[];--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "deletes_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "deletes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "deletes_held_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "deletes_held" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "deletes_released_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "deletes_refused_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "crm_aliases_survivor" ON "crm_aliases" USING btree ("workspace_id","portal_id","object_type","survivor_id");