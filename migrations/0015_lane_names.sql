ALTER TABLE "lanes" ADD COLUMN "queue_note" text;--> statement-breakpoint
ALTER TABLE "lanes" ADD COLUMN "callback_step" text;