-- Without a transaction
CREATE INDEX CONCURRENTLY "action_runs_in_lane" ON "action_runs" USING btree ("lane_id","id") WHERE state = 'waiting' and lane_id is not null and turn is null;