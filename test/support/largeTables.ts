import type pg from 'pg';

/** Rows of each table that grows. */
export const ROWS = 20_000;
export const PORTALS = 250;

const WORKSPACE = `'00000000-0000-4000-8000-000000000001'::uuid`;
const LANES = 2000;
const portal = `1 + n % ${PORTALS}`;
const event = `${WORKSPACE}, ${portal}, 'x', '{}'::jsonb`;

/** Fills every table that grows with what is no sweep's business yet: recent, waiting for its time, or under way. */
export async function fillTables(admin: pg.Pool, most = ROWS): Promise<void> {
  const N = `generate_series(1, ${most}) n`;
  for (const statement of [
    `INSERT INTO workspaces (id, name) VALUES (${WORKSPACE}, 'large')`,
    `INSERT INTO portals (portal_id, workspace_id) SELECT n, ${WORKSPACE} FROM generate_series(1, ${PORTALS}) n`,
    `INSERT INTO lanes (workspace_id, portal_id, key, rate_limit, rate_interval_ms, rate_source)
     SELECT ${WORKSPACE}, ${portal}, 'queue:' || n, 10, 1000, 'lane' FROM generate_series(1, ${LANES}) n`,
    `INSERT INTO lane_windows (lane_id, workspace_id) SELECT id, ${WORKSPACE} FROM lanes`,
    `INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until, answered_at, owner)
     SELECT ${WORKSPACE}, ${portal}, 1 + n % ${LANES}, 1, '{}', now(), now(), now(), 'x' FROM ${N}`,
    // Half of the packs are done, half wait with an execution for the evening.
    `INSERT INTO packs (workspace_id, portal_id, lane_id, workflow_id, head_callback_id, size, due_at, wake_at, created_at, started_at, claimed_at, done_at)
     SELECT ${WORKSPACE}, ${portal}, 1 + n % ${LANES}, 'w' || n, 'c' || n, 1, now() + interval '5 hours', now() + interval '5 hours',
            now() - interval '1 hour', now() - interval '1 hour', now() - interval '1 hour', CASE WHEN n % 2 = 0 THEN now() END FROM ${N}`,
    `INSERT INTO executions (workspace_id, portal_id, callback_id, lane_id, seq, received_at, planned_at, expires_at, pack_id, source)
     SELECT workspace_id, portal_id, head_callback_id, lane_id, id, created_at, due_at, due_at + interval '7 days', id, 'WORKFLOWS' FROM packs WHERE done_at IS NULL`,
    `INSERT INTO execution_keys (portal_id, callback_id, workspace_id, execution_id, body_hash, received_at)
     SELECT ${portal}, 'c' || n, ${WORKSPACE}, n, '\\x00', now() FROM ${N}`,
    `INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, state, received_at, finished_at)
     SELECT n, ${WORKSPACE}, ${portal}, 'c' || n, 'completed', now(), now() FROM ${N}`,
    `INSERT INTO call_counts (portal_id, day, workspace_id) SELECT n, current_date - n % 30, ${WORKSPACE} FROM ${N}`,
    `INSERT INTO budget_slots (portal_id, ring, n, workspace_id, free_at)
     SELECT p, 'ten_secondly', s, ${WORKSPACE}, now() FROM generate_series(1, ${PORTALS}) p, generate_series(1, 200) s`,
    `INSERT INTO request_log (workspace_id, portal_id, at, method, path, outcome, ms, priority, ring)
     SELECT ${WORKSPACE}, ${portal}, now(), 'GET', 'x', 'ok', 1, 'sync', 'search' FROM ${N}`,
    `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status) SELECT int8send(n), ${WORKSPACE}, '\\x00', 201 FROM ${N}`,
    `INSERT INTO notices (workspace_id, kind, detail, state) SELECT ${WORKSPACE}, 'x', '{}', 'delivered' FROM ${N}`,
    `INSERT INTO audit_entries SELECT ${WORKSPACE}, n, now(), 'x', 'x', NULL, '{}', 'ok', '\\x00', '\\x00' FROM ${N}`,
    `INSERT INTO audit_heads SELECT ${WORKSPACE}, n, '\\x00', now(), 'test', '\\x00' FROM ${N}`,
    `INSERT INTO audit_chains VALUES (${WORKSPACE}, ${most}, '\\x00')`,
    `INSERT INTO install_links (workspace_id, token_hash, actor, expires_at) SELECT ${WORKSPACE}, int8send(n), 'x', now() FROM ${N}`,
    `INSERT INTO oauth_states (state_hash, workspace_id, link_id, browser_hash, code_verifier, redirect_uri, scopes, optional_scopes, actor, expires_at)
     SELECT token_hash, workspace_id, id, token_hash, 'x', 'x', '{}', '{}', 'x', now() FROM install_links`,
    `INSERT INTO outbox_portals (portal_id, workspace_id, low_id, active_until)
     SELECT n, ${WORKSPACE}, 0, CASE WHEN n % 2 = 1 THEN now() + interval '1 hour' END FROM generate_series(1, ${PORTALS}) n`,
    // Of portals with a delivery, and of others that wait for their time.
    `INSERT INTO outbox_pending (workspace_id, portal_id, type, payload, captured_at, state, due_at)
     SELECT ${event}, now(), n % 2, CASE WHEN n % 2 = 1 THEN now() + interval '5 hours' END
       FROM generate_series(1, ${2 * most}) n`,
    `INSERT INTO outbox_claims (workspace_id, portal_id, owner, lease_until, event_ids, ordering_keys)
     SELECT ${WORKSPACE}, ${portal}, 'x', now() + interval '1 hour', '{}', '{}' FROM generate_series(1, ${2 * PORTALS}) n`,
    `INSERT INTO outbox_dead (id, workspace_id, portal_id, type, payload, captured_at, state, reason, died_at)
     SELECT ${most} * 10 + n, ${event}, now(), CASE n % 2 WHEN 0 THEN 'dead' ELSE 'discarded' END, 'x', now() FROM ${N}`,
    `INSERT INTO outbox_history (id, workspace_id, portal_id, type, payload, captured_at, processed_at, mode)
     SELECT ${most} * 20 + n, ${event}, now(), now(), 'live' FROM ${N}`,
    `INSERT INTO outbox_attempts (event_id, at, workspace_id, n, error_class, message) SELECT n, now(), ${WORKSPACE}, 1, 'x', 'x' FROM ${N}`,
    `INSERT INTO outbox_redriven (event_id, redrive_id, workspace_id, kind, moved, requested_by) SELECT n, gen_random_uuid(), ${WORKSPACE}, 'dry_run', true, 'x' FROM ${N}`,
    `INSERT INTO outbox_keys (workspace_id, event_key, event_id, body_hash, captured_at) SELECT ${WORKSPACE}, 'k' || n, n, '\\x00', now() FROM ${N}`,
    `INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, sent_at)
     SELECT n, 1, ${WORKSPACE}, 1, 'x', 'done', 'notes', now() FROM ${N}`,
    `INSERT INTO outbox_redrives (workspace_id, kind, filter, per_second, state, total, requested_by, ended_at)
     SELECT ${WORKSPACE}, 'dry_run', '{}', 1, 'done', 0, 'x', now() FROM ${N}`,
    `INSERT INTO outbox_mappings (workspace_id, type, version, mapping) SELECT ${WORKSPACE}, 't' || n % 5000, 1 + n / 5000, '{}' FROM ${N}`,
    'ANALYZE',
  ])
    await admin.query(statement);
}
