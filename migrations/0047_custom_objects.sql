CREATE TABLE "crm_schemas" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"types" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"read_at" timestamp with time zone,
	"failure" text,
	"due_at" timestamp with time zone DEFAULT clock_timestamp(),
	CONSTRAINT "crm_schemas_workspace_id_portal_id_pk" PRIMARY KEY("workspace_id","portal_id")
);
--> statement-breakpoint
CREATE INDEX "crm_schemas_due" ON "crm_schemas" USING btree ("due_at") WHERE "crm_schemas"."due_at" IS NOT NULL;