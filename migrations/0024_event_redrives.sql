CREATE TABLE "outbox_redriven" (
	"event_id" bigint NOT NULL,
	"redrive_id" uuid NOT NULL,
	"workspace_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"kind" text NOT NULL,
	"moved" boolean NOT NULL,
	"requested_by" text NOT NULL,
	CONSTRAINT "outbox_redriven_event_id_redrive_id_pk" PRIMARY KEY("event_id","redrive_id")
);
--> statement-breakpoint
CREATE INDEX "outbox_redriven_at" ON "outbox_redriven" USING btree ("at");