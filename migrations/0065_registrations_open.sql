-- Without a transaction
CREATE INDEX CONCURRENTLY "registrations_open" ON "registrations" USING btree ("workspace_id","portal_id") WHERE state = 'open';
