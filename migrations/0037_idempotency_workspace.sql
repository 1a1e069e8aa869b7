-- Without a transaction
CREATE INDEX CONCURRENTLY "idempotency_keys_workspace" ON "idempotency_keys" USING btree ("workspace_id","request_hash");