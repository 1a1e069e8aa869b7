ALTER TABLE "lane_grants" ADD COLUMN "answered_total" bigint;
