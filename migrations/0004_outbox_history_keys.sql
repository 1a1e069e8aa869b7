DROP INDEX "outbox_history_workspace";--> statement-breakpoint
ALTER TABLE "outbox_history" DROP CONSTRAINT "outbox_history_id_processed_at_pk";--> statement-breakpoint
ALTER TABLE "outbox_history" ADD CONSTRAINT "outbox_history_workspace_id_id_processed_at_pk" PRIMARY KEY("workspace_id","id","processed_at");--> statement-breakpoint
CREATE INDEX "outbox_history_failed" ON "outbox_history" USING btree ("workspace_id","id") WHERE error_class IS NOT NULL;--> statement-breakpoint
CREATE INDEX "outbox_history_processed" ON "outbox_history" USING brin ("processed_at");