CREATE TABLE "action_effects" (
	"effect_hash" "bytea" PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"run_id" bigint NOT NULL,
	"name" text NOT NULL,
	"sealed_result" text,
	"begun_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"done_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "action_runs" (
	"workspace_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "action_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"call_hash" "bytea" NOT NULL,
	"body_hash" "bytea" NOT NULL,
	"portal_id" bigint NOT NULL,
	"callback_id" text NOT NULL,
	"action" text NOT NULL,
	"version" smallint NOT NULL,
	"source" text NOT NULL,
	"object_id" text,
	"state" text NOT NULL,
	"error_code" text,
	"reason" text,
	"sealed_input" text,
	"sealed_result" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"doubts" integer DEFAULT 0 NOT NULL,
	"completion_tries" integer DEFAULT 0 NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"give_up_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"told_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "action_runs_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "action_runs_call" UNIQUE("call_hash")
);
--> statement-breakpoint
CREATE INDEX "action_effects_run" ON "action_effects" USING btree ("workspace_id","run_id");--> statement-breakpoint
CREATE INDEX "action_runs_due" ON "action_runs" USING btree ("due_at") WHERE state in ('waiting', 'completing');--> statement-breakpoint
CREATE INDEX "action_runs_open" ON "action_runs" USING btree ("workspace_id","portal_id","id") WHERE state in ('waiting', 'completing');--> statement-breakpoint
CREATE INDEX "action_runs_portal" ON "action_runs" USING btree ("workspace_id","portal_id","id");--> statement-breakpoint
CREATE INDEX "action_runs_state" ON "action_runs" USING btree ("workspace_id","state","id");--> statement-breakpoint
CREATE INDEX "action_runs_action" ON "action_runs" USING btree ("workspace_id","action","id");--> statement-breakpoint
CREATE INDEX "action_runs_callback" ON "action_runs" USING btree ("workspace_id","callback_id");--> statement-breakpoint
CREATE INDEX "action_runs_object" ON "action_runs" USING btree ("workspace_id","object_id","id");--> statement-breakpoint
CREATE INDEX "action_runs_received_at" ON "action_runs" USING btree ("received_at");