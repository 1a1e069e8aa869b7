ALTER TABLE "action_runs" ADD COLUMN "lane_id" bigint;--> statement-breakpoint
ALTER TABLE "action_runs" ADD COLUMN "turn" bigint;--> statement-breakpoint
ALTER TABLE "action_runs" ADD COLUMN "tried_for_ms" bigint;