ALTER TABLE "sync_states" ADD COLUMN "missed" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_states" ADD COLUMN "missed_in_a_row" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_journal" ADD COLUMN "file_tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_journal" ADD COLUMN "set_aside" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_reads" ADD COLUMN "source" text DEFAULT 'webhook' NOT NULL;--> statement-breakpoint
DROP FUNCTION IF EXISTS webhook_take(text, bigint[], timestamptz[], bytea[], text[], text[], text[], text[], bigint[], text[], text[], boolean[], boolean[], boolean[], boolean[], jsonb[], int[], text[], bigint[], int);
--> statement-breakpoint
DROP FUNCTION IF EXISTS webhook_note_again(uuid, bigint, text, bigint[]);
--> statement-breakpoint
DROP FUNCTION IF EXISTS journal_leave(float8, text, text);
