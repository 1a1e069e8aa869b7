CREATE TABLE "installations" (
	"id" text PRIMARY KEY NOT NULL,
	"from_event_id" bigint NOT NULL,
	"place" text NOT NULL,
	"reason" text NOT NULL,
	"made_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installations_from_event_id" UNIQUE("from_event_id")
);
