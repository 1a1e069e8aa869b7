CREATE TABLE "sync_passes" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"pass" text NOT NULL,
	"cursor" jsonb,
	"due_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"began_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"seen" bigint DEFAULT 0 NOT NULL,
	"changed" bigint DEFAULT 0 NOT NULL,
	"failures_in_a_row" integer DEFAULT 0 NOT NULL,
	"error_class" text,
	"last_error" text,
	CONSTRAINT "sync_passes_workspace_id_portal_id_object_type_pass_pk" PRIMARY KEY("workspace_id","portal_id","object_type","pass")
);
--> statement-breakpoint
CREATE INDEX "sync_passes_due" ON "sync_passes" USING btree ("pass","due_at");