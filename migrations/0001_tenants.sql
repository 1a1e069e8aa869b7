-- The role of the few functions that look across workspaces (migrations/functions, SECURITY DEFINER): nobody logs in as it.
DO $$ BEGIN
  CREATE ROLE sluice_system NOLOGIN NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;--> statement-breakpoint
DO $$ BEGIN
  EXECUTE format('GRANT sluice_system TO %I', current_user);
END $$;--> statement-breakpoint
CREATE TABLE "audit_chains" (
	"workspace_id" uuid PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_entries" (
	"workspace_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"operation" text NOT NULL,
	"portal_id" bigint,
	"subject" jsonb NOT NULL,
	"result" text NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_entries_workspace_id_seq_pk" PRIMARY KEY("workspace_id","seq")
);
--> statement-breakpoint
CREATE TABLE "audit_heads" (
	"workspace_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"signed_at" timestamp with time zone NOT NULL,
	"key_id" text NOT NULL,
	"signature" "bytea" NOT NULL,
	CONSTRAINT "audit_heads_workspace_id_seq_key_id_pk" PRIMARY KEY("workspace_id","seq","key_id")
);
--> statement-breakpoint
CREATE TABLE "call_counts" (
	"portal_id" bigint NOT NULL,
	"day" date NOT NULL,
	"workspace_id" uuid NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"errors" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "call_counts_portal_id_day_pk" PRIMARY KEY("portal_id","day")
);
--> statement-breakpoint
CREATE TABLE "data_keys" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" uuid NOT NULL,
	"kek_id" text NOT NULL,
	"wrapped_key" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retired_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notices_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"portal_id" bigint,
	"detail" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"started_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "oauth_states" (
	"state_hash" "bytea" PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"browser_hash" "bytea" NOT NULL,
	"code_verifier" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"return_to" text,
	"scopes" text[] NOT NULL,
	"optional_scopes" text[] NOT NULL,
	"expected_portal_id" bigint,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "request_log" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "request_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"method" text NOT NULL,
	"path" text NOT NULL,
	"status" smallint,
	"outcome" text NOT NULL,
	"ms" integer NOT NULL,
	"priority" text NOT NULL,
	"ring" text NOT NULL,
	"budget_used" smallint,
	"correlation_id" text,
	CONSTRAINT "request_log_id_at_pk" PRIMARY KEY("id","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "request_log_default" PARTITION OF "request_log" DEFAULT;
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "created_by" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "rotated_from" uuid;--> statement-breakpoint
ALTER TABLE "budget_rings" ADD COLUMN "passes" double precision[];--> statement-breakpoint
ALTER TABLE "budget_rings" ADD COLUMN "wanted" timestamp with time zone[];--> statement-breakpoint
ALTER TABLE "budget_rings" ADD COLUMN "breaker_opens" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "budget_rings" ADD COLUMN "others_used" integer;--> statement-breakpoint
ALTER TABLE "budget_rings" ADD COLUMN "others_seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "budget_slots" ADD COLUMN "priority" text;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "end_reason" text;--> statement-breakpoint
ALTER TABLE "budget_slots" ADD COLUMN "leased_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "state_changed_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "hub_domain" text;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "auth" text DEFAULT 'private_app' NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "scopes" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "refresh_token" text;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "refreshed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "used_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "refresh_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "refresh_not_before" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "refresh_error" text;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "throttle_enabled" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "sync_enabled" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "notify_url" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "notify_secret" text;--> statement-breakpoint
ALTER TABLE "data_keys" ADD CONSTRAINT "data_keys_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_states" ADD CONSTRAINT "oauth_states_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "data_keys_workspace" ON "data_keys" USING btree ("workspace_id","created_at");--> statement-breakpoint
CREATE INDEX "notices_workspace" ON "notices" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "notices_pending" ON "notices" USING btree ("id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "request_log_portal" ON "request_log" USING btree ("portal_id","id");--> statement-breakpoint
CREATE INDEX "api_keys_workspace" ON "api_keys" USING btree ("workspace_id","created_at");--> statement-breakpoint
CREATE TABLE "install_links" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"expected_portal_id" bigint,
	"return_to" text,
	"features" text[],
	"actor" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"completed_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "oauth_states" ADD COLUMN "link_id" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "resumed_epoch" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "uninstall_requested" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "install_links" ADD CONSTRAINT "install_links_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "install_links_token_hash" ON "install_links" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "install_links_expires" ON "install_links" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "oauth_states" ADD CONSTRAINT "oauth_states_link_id_install_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."install_links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "oauth_states_link" ON "oauth_states" USING btree ("link_id");--> statement-breakpoint
ALTER TABLE "call_counts" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
ALTER TABLE "budget_rings" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
ALTER TABLE "portals" SET (fillfactor = 70);--> statement-breakpoint
-- What was audited stays as it was: the application adds (audit_append) and reads, nothing else.
REVOKE INSERT, UPDATE, DELETE ON "audit_entries", "audit_chains" FROM sluice_app;--> statement-breakpoint
REVOKE UPDATE, DELETE ON "audit_heads" FROM sluice_app;--> statement-breakpoint
GRANT USAGE, CREATE ON SCHEMA public TO sluice_system;--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO sluice_system;--> statement-breakpoint
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO sluice_system;--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sluice_system;--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO sluice_system;--> statement-breakpoint
DROP FUNCTION IF EXISTS ensure_history_partitions(int, int);--> statement-breakpoint
-- They take the workspaces first now.
DROP FUNCTION IF EXISTS intake_executions(bigint[], text[], bigint[], bytea[], text[], text[], bigint, bigint, bigint, bigint);--> statement-breakpoint
DROP FUNCTION IF EXISTS take_pack(bigint, int);--> statement-breakpoint
DROP FUNCTION IF EXISTS claim_pack(bigint, bigint, bigint);--> statement-breakpoint
DROP FUNCTION IF EXISTS grant_releases(bigint[], int, text, bigint, bigint);--> statement-breakpoint
DROP FUNCTION IF EXISTS settle_releases(bigint[], int[], bigint[], text[], text[], bigint[], int[], double precision[], bigint[], int[], double precision[]);--> statement-breakpoint
DROP FUNCTION IF EXISTS replan_lane(bigint, bigint, bigint, int, bigint);
