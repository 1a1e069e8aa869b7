CREATE TABLE "crm_declared_properties" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"property" text NOT NULL,
	"kind" text NOT NULL,
	"declared_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"filled_upto" bigint DEFAULT 0 NOT NULL,
	"filled" bigint DEFAULT 0 NOT NULL,
	"filled_at" timestamp with time zone,
	"undeclared_at" timestamp with time zone,
	"due_at" timestamp with time zone DEFAULT clock_timestamp(),
	CONSTRAINT "crm_declared_properties_workspace_id_portal_id_object_type_property_pk" PRIMARY KEY("workspace_id","portal_id","object_type","property")
);
--> statement-breakpoint
CREATE TABLE "crm_values" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"object_type" text NOT NULL,
	"property" text NOT NULL,
	"record_id" bigint NOT NULL,
	"value" text COLLATE "C",
	"is_number" boolean NOT NULL,
	"number" text COLLATE "C",
	CONSTRAINT "crm_values_workspace_id_portal_id_object_type_record_id_property_pk" PRIMARY KEY("workspace_id","portal_id","object_type","record_id","property")
) PARTITION BY HASH ("portal_id");
--> statement-breakpoint
CREATE TABLE "crm_values_0" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 0);--> statement-breakpoint
CREATE TABLE "crm_values_1" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 1);--> statement-breakpoint
CREATE TABLE "crm_values_2" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 2);--> statement-breakpoint
CREATE TABLE "crm_values_3" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 3);--> statement-breakpoint
CREATE TABLE "crm_values_4" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 4);--> statement-breakpoint
CREATE TABLE "crm_values_5" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 5);--> statement-breakpoint
CREATE TABLE "crm_values_6" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 6);--> statement-breakpoint
CREATE TABLE "crm_values_7" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 7);--> statement-breakpoint
CREATE TABLE "crm_values_8" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 8);--> statement-breakpoint
CREATE TABLE "crm_values_9" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 9);--> statement-breakpoint
CREATE TABLE "crm_values_10" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 10);--> statement-breakpoint
CREATE TABLE "crm_values_11" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 11);--> statement-breakpoint
CREATE TABLE "crm_values_12" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 12);--> statement-breakpoint
CREATE TABLE "crm_values_13" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 13);--> statement-breakpoint
CREATE TABLE "crm_values_14" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 14);--> statement-breakpoint
CREATE TABLE "crm_values_15" PARTITION OF "crm_values" FOR VALUES WITH (MODULUS 16, REMAINDER 15);--> statement-breakpoint
CREATE INDEX "crm_declared_properties_due" ON "crm_declared_properties" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "crm_values_by_value" ON "crm_values" USING btree ("workspace_id","portal_id","object_type","property","value","record_id");--> statement-breakpoint
CREATE INDEX "crm_values_by_number" ON "crm_values" USING btree ("workspace_id","portal_id","object_type","property","number","record_id") WHERE is_number;