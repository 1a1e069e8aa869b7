ALTER TABLE "executions" ADD COLUMN "priority" smallint;--> statement-breakpoint
ALTER TABLE "executions" ADD COLUMN "starts_at" timestamp with time zone;