ALTER TABLE "crm_records" DROP COLUMN "last_action";--> statement-breakpoint
ALTER TABLE "crm_records" DROP COLUMN "last_changed";