CREATE TABLE "crm_consumers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sink" text NOT NULL,
	"url" text,
	"secret" text,
	"portal_ids" bigint[],
	"object_types" text[],
	"actions" text[],
	"initial" boolean DEFAULT true NOT NULL,
	"lag_limit_minutes" integer,
	"generation" smallint NOT NULL,
	"transaction_id" "xid8" NOT NULL,
	"change_id" bigint NOT NULL,
	"unread_since" timestamp with time zone,
	"behind_since" timestamp with time zone,
	"missed_at" timestamp with time zone,
	"look_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"paused_at" timestamp with time zone,
	"pause_reason" text,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"try_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"failures_in_a_row" integer DEFAULT 0 NOT NULL,
	"failed_since" timestamp with time zone,
	"last_error" text,
	"taken_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "crm_consumers_name" UNIQUE("workspace_id","name")
);
--> statement-breakpoint
CREATE TABLE "crm_dead_changes" (
	"workspace_id" uuid NOT NULL,
	"consumer_id" uuid NOT NULL,
	"generation" smallint NOT NULL,
	"transaction_id" "xid8" NOT NULL,
	"change_id" bigint NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"record_id" bigint NOT NULL,
	"status" integer,
	"redrive" boolean DEFAULT false NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"died_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "crm_dead_changes_pk" PRIMARY KEY("consumer_id","generation","transaction_id","change_id")
);
--> statement-breakpoint
CREATE INDEX "crm_consumers_look_at" ON "crm_consumers" USING btree ("look_at");--> statement-breakpoint
CREATE INDEX "crm_dead_changes_record" ON "crm_dead_changes" USING btree ("consumer_id","portal_id","object_type","record_id");--> statement-breakpoint
CREATE INDEX "crm_dead_changes_redrive" ON "crm_dead_changes" USING btree ("consumer_id","generation","transaction_id","change_id") WHERE redrive;--> statement-breakpoint
CREATE INDEX "crm_dead_changes_recorded_at" ON "crm_dead_changes" USING btree ("recorded_at");