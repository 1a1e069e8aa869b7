CREATE SEQUENCE "public"."outbox_event_ids" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "outbox_attempts" (
	"event_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"workspace_id" uuid NOT NULL,
	"n" smallint NOT NULL,
	"error_class" text NOT NULL,
	"message" text NOT NULL,
	"correlation_id" text,
	CONSTRAINT "outbox_attempts_event_id_n_pk" PRIMARY KEY("event_id","n")
);
--> statement-breakpoint
CREATE TABLE "outbox_claims" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_claims_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"owner" text NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"event_ids" bigint[] NOT NULL,
	"ordering_keys" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_dead" (
	"id" bigint PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint,
	"type" text NOT NULL,
	"version" smallint DEFAULT 1 NOT NULL,
	"ordering_key" text,
	"event_key" text,
	"payload" jsonb NOT NULL,
	"occurred_at" timestamp with time zone,
	"captured_at" timestamp with time zone NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"last_error" text,
	"error_class" text,
	"effects" jsonb,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"died_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_history" (
	"id" bigint NOT NULL,
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"type" text NOT NULL,
	"version" smallint DEFAULT 1 NOT NULL,
	"ordering_key" text,
	"event_key" text,
	"payload" jsonb NOT NULL,
	"occurred_at" timestamp with time zone,
	"captured_at" timestamp with time zone NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"last_error" text,
	"error_class" text,
	"effects" jsonb,
	"processed_at" timestamp with time zone NOT NULL,
	"mode" text NOT NULL,
	CONSTRAINT "outbox_history_id_processed_at_pk" PRIMARY KEY("id","processed_at")
) PARTITION BY RANGE ("processed_at");
--> statement-breakpoint
CREATE TABLE "outbox_history_default" PARTITION OF "outbox_history" DEFAULT;
--> statement-breakpoint
CREATE TABLE "outbox_holds" (
	"portal_id" bigint NOT NULL,
	"ordering_key" text NOT NULL,
	"workspace_id" uuid NOT NULL,
	"head_id" bigint NOT NULL,
	"release_upto" bigint NOT NULL,
	CONSTRAINT "outbox_holds_portal_id_ordering_key_pk" PRIMARY KEY("portal_id","ordering_key")
);
--> statement-breakpoint
CREATE TABLE "outbox_keys" (
	"workspace_id" uuid NOT NULL,
	"event_key" text NOT NULL,
	"event_id" bigint NOT NULL,
	"body_hash" "bytea" NOT NULL,
	"captured_at" timestamp with time zone NOT NULL,
	CONSTRAINT "outbox_keys_workspace_id_event_key_pk" PRIMARY KEY("workspace_id","event_key")
);
--> statement-breakpoint
CREATE TABLE "outbox_ledger" (
	"event_id" bigint NOT NULL,
	"n" smallint NOT NULL,
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"object_type" text NOT NULL,
	"object_id" text,
	"ambiguous" smallint DEFAULT 0 NOT NULL,
	"sent_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "outbox_ledger_event_id_n_pk" PRIMARY KEY("event_id","n")
);
--> statement-breakpoint
CREATE TABLE "outbox_mappings" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" uuid NOT NULL,
	"type" text NOT NULL,
	"version" smallint DEFAULT 1 NOT NULL,
	"mapping" jsonb NOT NULL,
	"mode" text DEFAULT 'live' NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_pending" (
	"id" bigint PRIMARY KEY DEFAULT nextval('outbox_event_ids') NOT NULL,
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"type" text NOT NULL,
	"version" smallint DEFAULT 1 NOT NULL,
	"ordering_key" text,
	"event_key" text,
	"payload" jsonb NOT NULL,
	"occurred_at" timestamp with time zone,
	"captured_at" timestamp with time zone NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"last_error" text,
	"error_class" text,
	"effects" jsonb,
	"state" smallint DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "outbox_portals" (
	"portal_id" bigint PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"low_id" bigint NOT NULL,
	"failures_in_a_row" integer DEFAULT 0 NOT NULL,
	"noticed_share" smallint DEFAULT 0 NOT NULL,
	"active_until" timestamp with time zone,
	"paused_at" timestamp with time zone,
	"pause_reason" text
);
--> statement-breakpoint
CREATE INDEX "outbox_attempts_at" ON "outbox_attempts" USING btree ("at");--> statement-breakpoint
CREATE INDEX "outbox_claims_portal" ON "outbox_claims" USING btree ("portal_id");--> statement-breakpoint
CREATE INDEX "outbox_dead_workspace" ON "outbox_dead" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "outbox_dead_portal" ON "outbox_dead" USING btree ("portal_id","type","id");--> statement-breakpoint
CREATE INDEX "outbox_history_workspace" ON "outbox_history" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "outbox_keys_captured" ON "outbox_keys" USING btree ("captured_at");--> statement-breakpoint
CREATE INDEX "outbox_ledger_ambiguous" ON "outbox_ledger" USING btree ("workspace_id","event_id") WHERE ambiguous > 0;--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_mappings_type" ON "outbox_mappings" USING btree ("workspace_id","type","version");--> statement-breakpoint
CREATE INDEX "outbox_pending_ready" ON "outbox_pending" USING btree ("portal_id","id") WHERE state = 0;--> statement-breakpoint
CREATE INDEX "outbox_pending_due" ON "outbox_pending" USING btree ("portal_id","due_at") WHERE state = 1;--> statement-breakpoint
CREATE INDEX "outbox_pending_held" ON "outbox_pending" USING btree ("portal_id","ordering_key","id") WHERE state = 2;--> statement-breakpoint
-- Rows of these tables live for seconds: room for updates in place, and vacuum that does not wait for a share of the table.
ALTER TABLE "outbox_pending" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
ALTER TABLE "outbox_claims" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
ALTER TABLE "outbox_holds" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
ALTER TABLE "outbox_portals" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
-- For monitoring: reads the view outbox_events, of all workspaces, and nothing else. A login is made its member by the operator.
DO $$ BEGIN
  CREATE ROLE sluice_monitor NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
