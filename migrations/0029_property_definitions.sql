CREATE TABLE "crm_owners" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"id" bigint NOT NULL,
	"user_id" bigint,
	"email" text,
	"first_name" text,
	"last_name" text,
	"archived" boolean NOT NULL,
	"read_at" timestamp with time zone NOT NULL,
	CONSTRAINT "crm_owners_workspace_id_portal_id_id_pk" PRIMARY KEY("workspace_id","portal_id","id")
);
--> statement-breakpoint
CREATE TABLE "crm_pipelines" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"id" text NOT NULL,
	"label" text NOT NULL,
	"display_order" integer NOT NULL,
	"archived" boolean NOT NULL,
	"read_at" timestamp with time zone NOT NULL,
	CONSTRAINT "crm_pipelines_workspace_id_portal_id_object_type_id_pk" PRIMARY KEY("workspace_id","portal_id","object_type","id")
);
--> statement-breakpoint
CREATE TABLE "crm_property_defs" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"label" text NOT NULL,
	"type" text NOT NULL,
	"field_type" text NOT NULL,
	"options" jsonb NOT NULL,
	"calculated" boolean NOT NULL,
	"data_sensitivity" text NOT NULL,
	"archived" boolean NOT NULL,
	"hash" "bytea" NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"replaced_at" timestamp with time zone,
	CONSTRAINT "crm_property_defs_pk" PRIMARY KEY("workspace_id","portal_id","object_type","name","version")
);
--> statement-breakpoint
CREATE TABLE "crm_stages" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"pipeline_id" text NOT NULL,
	"id" text NOT NULL,
	"label" text NOT NULL,
	"display_order" integer NOT NULL,
	"metadata" jsonb NOT NULL,
	"archived" boolean NOT NULL,
	"read_at" timestamp with time zone NOT NULL,
	CONSTRAINT "crm_stages_pk" PRIMARY KEY("workspace_id","portal_id","object_type","pipeline_id","id")
);
--> statement-breakpoint
CREATE TABLE "sync_properties" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"mode" text DEFAULT 'all' NOT NULL,
	"names" text[] DEFAULT '{}' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"read_at" timestamp with time zone,
	"kept" text[],
	"filling" text[] DEFAULT '{}' NOT NULL,
	"dropping" text[] DEFAULT '{}' NOT NULL,
	"refused_length" integer,
	"calculated_at" timestamp with time zone,
	"reference_read_at" timestamp with time zone,
	"reference_failure" text,
	CONSTRAINT "sync_properties_workspace_id_portal_id_object_type_pk" PRIMARY KEY("workspace_id","portal_id","object_type")
);
