-- Without a transaction
CREATE INDEX CONCURRENTLY "executions_starts" ON "executions" USING btree ("lane_id","starts_at") WHERE starts_at is not null and end_requested is null;