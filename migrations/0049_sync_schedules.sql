CREATE TABLE "sync_schedules" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"interval_ms" bigint,
	"calendar" text,
	"time_zone" text,
	"version" integer DEFAULT 1 NOT NULL,
	"applied_version" integer,
	"next_at" timestamp with time zone,
	"failure" text,
	"changed_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "sync_schedules_workspace_id_portal_id_pk" PRIMARY KEY("workspace_id","portal_id")
);
