CREATE TABLE "registration_steps" (
	"workspace_id" uuid NOT NULL,
	"registration_id" bigint NOT NULL,
	"n" smallint NOT NULL,
	"step" text NOT NULL,
	"object_type" text,
	"state" text NOT NULL,
	"fence" integer DEFAULT 1 NOT NULL,
	"tries" integer DEFAULT 1 NOT NULL,
	"record_ids" bigint[] DEFAULT '{}' NOT NULL,
	"sent_at" timestamp with time zone[] DEFAULT '{}' NOT NULL,
	"doubts" integer DEFAULT 0 NOT NULL,
	"failures" text,
	"started_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "registration_steps_workspace_id_registration_id_n_pk" PRIMARY KEY("workspace_id","registration_id","n")
);
--> statement-breakpoint
CREATE TABLE "registrations" (
	"workspace_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "registrations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"installation" text NOT NULL,
	"portal_id" bigint NOT NULL,
	"request_hash" "bytea" NOT NULL,
	"body_hash" "bytea" NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"given" text,
	"plan" text,
	"notes" text,
	"problems" text,
	"due_at" timestamp with time zone DEFAULT clock_timestamp() + interval '30 seconds' NOT NULL,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "registrations_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "registrations_request" UNIQUE("workspace_id","request_hash")
);
--> statement-breakpoint
CREATE INDEX "registrations_due" ON "registrations" USING btree ("due_at") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "registrations_portal" ON "registrations" USING btree ("workspace_id","portal_id","id");--> statement-breakpoint
CREATE INDEX "registrations_state" ON "registrations" USING btree ("workspace_id","state","id");--> statement-breakpoint
CREATE INDEX "registrations_created_at" ON "registrations" USING btree ("created_at");