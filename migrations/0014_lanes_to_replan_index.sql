-- Without a transaction
CREATE INDEX CONCURRENTLY "lanes_to_replan" ON "lanes" USING btree ("replan_since") WHERE replan_since is not null;