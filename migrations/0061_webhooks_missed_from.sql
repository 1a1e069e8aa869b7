ALTER TABLE "sync_states" ADD COLUMN "missed_from" timestamp with time zone;--> statement-breakpoint
DROP FUNCTION IF EXISTS webhook_missed(uuid, bigint, text, bigint);
