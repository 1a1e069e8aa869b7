CREATE TABLE "crm_edges" (
	"workspace_id" uuid NOT NULL,
	"portal_id" bigint NOT NULL,
	"from_type" text NOT NULL,
	"from_id" bigint NOT NULL,
	"to_type" text NOT NULL,
	"to_id" bigint NOT NULL,
	"category" text NOT NULL,
	"type_id" integer NOT NULL,
	"label" text,
	"read_at" timestamp with time zone NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "crm_edges_pk" PRIMARY KEY("workspace_id","portal_id","from_type","from_id","to_type","to_id","category","type_id")
) PARTITION BY HASH ("portal_id");
--> statement-breakpoint
CREATE TABLE "crm_edges_0" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 0);--> statement-breakpoint
CREATE TABLE "crm_edges_1" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 1);--> statement-breakpoint
CREATE TABLE "crm_edges_2" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 2);--> statement-breakpoint
CREATE TABLE "crm_edges_3" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 3);--> statement-breakpoint
CREATE TABLE "crm_edges_4" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 4);--> statement-breakpoint
CREATE TABLE "crm_edges_5" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 5);--> statement-breakpoint
CREATE TABLE "crm_edges_6" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 6);--> statement-breakpoint
CREATE TABLE "crm_edges_7" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 7);--> statement-breakpoint
CREATE TABLE "crm_edges_8" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 8);--> statement-breakpoint
CREATE TABLE "crm_edges_9" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 9);--> statement-breakpoint
CREATE TABLE "crm_edges_10" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 10);--> statement-breakpoint
CREATE TABLE "crm_edges_11" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 11);--> statement-breakpoint
CREATE TABLE "crm_edges_12" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 12);--> statement-breakpoint
CREATE TABLE "crm_edges_13" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 13);--> statement-breakpoint
CREATE TABLE "crm_edges_14" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 14);--> statement-breakpoint
CREATE TABLE "crm_edges_15" PARTITION OF "crm_edges" FOR VALUES WITH (MODULUS 16, REMAINDER 15);--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "associations" text[];--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "associations_refused" jsonb DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "associations_behind_since" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "crm_edges_to" ON "crm_edges" USING btree ("to_id","to_type","portal_id","workspace_id");--> statement-breakpoint
CREATE INDEX "crm_edges_removed" ON "crm_edges" USING btree ("removed_at") WHERE removed_at IS NOT NULL;