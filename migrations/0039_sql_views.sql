CREATE TABLE "crm_sql_logins" (
	"workspace_id" uuid NOT NULL,
	"login" text NOT NULL,
	CONSTRAINT "crm_sql_logins_workspace_id_login_pk" PRIMARY KEY("workspace_id","login")
);
--> statement-breakpoint
CREATE TABLE "crm_sql_views" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"name" text NOT NULL,
	"columns" integer NOT NULL,
	"left_out" integer NOT NULL,
	"made_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "crm_sql_views_workspace_id_portal_id_object_type_pk" PRIMARY KEY("workspace_id","portal_id","object_type")
);
