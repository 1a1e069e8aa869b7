ALTER TABLE "crm_consumers" ADD COLUMN "waits_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "crm_consumers" ADD COLUMN "turn_until" timestamp with time zone;--> statement-breakpoint
DROP FUNCTION IF EXISTS consumers_look(int, int, int);
