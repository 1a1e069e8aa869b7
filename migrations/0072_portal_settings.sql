CREATE TABLE "portal_settings" (
	"portal_id" bigint PRIMARY KEY NOT NULL,
	"workspace_id" uuid NOT NULL,
	"sealed_values" text NOT NULL,
	"version" integer NOT NULL,
	"updated_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "portal_settings" ADD CONSTRAINT "portal_settings_portal_id_portals_portal_id_fk" FOREIGN KEY ("portal_id") REFERENCES "public"."portals"("portal_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "portal_settings_workspace" ON "portal_settings" USING btree ("workspace_id","portal_id");