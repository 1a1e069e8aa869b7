ALTER TABLE "crm_sql_views" ADD COLUMN "remake_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "crm_sql_views" ADD COLUMN "remake_at" timestamp with time zone;