ALTER TABLE "lanes" ADD COLUMN "seen_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "lanes" ADD COLUMN "seen_at" timestamp with time zone DEFAULT now() NOT NULL;