CREATE SEQUENCE "public"."crm_change_ids" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "crm_changes" (
	"workspace_id" uuid NOT NULL,
	"generation" smallint NOT NULL,
	"transaction_id" xid8 DEFAULT pg_current_xact_id() NOT NULL,
	"id" bigint DEFAULT nextval('crm_change_ids') NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"record_id" bigint NOT NULL,
	"action" text NOT NULL,
	"initial" boolean DEFAULT false NOT NULL,
	"changed" jsonb NOT NULL,
	"happened_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "crm_changes_workspace_id_generation_transaction_id_id_recorded_at_pk" PRIMARY KEY("workspace_id","generation","transaction_id","id","recorded_at")
) PARTITION BY RANGE ("recorded_at");
--> statement-breakpoint
CREATE TABLE "crm_changes_default" PARTITION OF "crm_changes" DEFAULT;
--> statement-breakpoint
CREATE TABLE "crm_records" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"id" bigint NOT NULL,
	"properties" jsonb NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"archived_at" timestamp with time zone,
	"read_at" timestamp with time zone NOT NULL,
	"source" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"last_action" text,
	"last_changed" jsonb,
	CONSTRAINT "crm_records_workspace_id_portal_id_object_type_id_pk" PRIMARY KEY("workspace_id","portal_id","object_type","id")
) PARTITION BY HASH ("portal_id");
--> statement-breakpoint
CREATE TABLE "crm_records_0" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 0) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_1" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 1) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_2" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 2) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_3" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 3) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_4" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 4) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_5" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 5) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_6" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 6) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_7" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 7) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_8" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 8) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_9" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 9) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_10" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 10) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_11" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 11) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_12" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 12) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_13" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 13) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_14" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 14) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "crm_records_15" PARTITION OF "crm_records" FOR VALUES WITH (MODULUS 16, REMAINDER 15) WITH (fillfactor = 85);--> statement-breakpoint
CREATE TABLE "sync_states" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"cursor" jsonb,
	"live" bigint DEFAULT 0 NOT NULL,
	"loaded" bigint DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone DEFAULT clock_timestamp(),
	"paused_at" timestamp with time zone,
	"pause_reason" text,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"ended_at" timestamp with time zone,
	"started_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"loaded_at" timestamp with time zone,
	"fresh_until" timestamp with time zone,
	"failures_in_a_row" integer DEFAULT 0 NOT NULL,
	"error_class" text,
	"last_error" text,
	CONSTRAINT "sync_states_workspace_id_portal_id_object_type_pk" PRIMARY KEY("workspace_id","portal_id","object_type")
);
--> statement-breakpoint
CREATE INDEX "sync_states_due" ON "sync_states" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "sync_states_ended" ON "sync_states" USING btree ("ended_at");