ALTER TABLE "portals" ADD COLUMN "day_limit" integer;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "day_used" integer;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "day_ends_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "day_read_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "portals" ADD COLUMN "day_due_at" timestamp with time zone DEFAULT now() + interval '5 minutes' NOT NULL;