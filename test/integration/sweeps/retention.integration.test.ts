import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureLane } from '../../../src/db/throttle/lanes.js';
import { tidyLanes } from '../../../src/db/throttle/tidyLanes.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, seedLane, WORKSPACE } from '../../support/throttle.js';

const W = `'${WORKSPACE}'`;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await seedLane(db.admin, { limit: 1, intervalMs: 1000 });
});
afterAll(() => db.drop());

const forget = async (name: string, days: number, max = 1000) =>
  (await db.pool.query<{ removed: number }>(`SELECT ${name}($1, $2) AS removed`, [days, max])).rows[0]
    ?.removed;

async function left(statement: string): Promise<string[]> {
  const { rows } = await db.admin.query<{ id: string }>(statement);
  return rows.map(({ id }) => id);
}

describe('what is older than it is kept', () => {
  it('goes at most so many rows at a time, and the newer stays: keys of calls, for 32 days at the least', async () => {
    await db.admin.query(
      `INSERT INTO execution_keys (portal_id, callback_id, workspace_id, execution_id, body_hash, received_at)
       SELECT 1, 'c' || n, ${W}, n, '\\x00', now() - n * interval '10 days' FROM generate_series(1, 6) n`,
    );
    expect(await forget('forget_execution_keys', 0, 2)).toBe(2);
    expect(await forget('forget_execution_keys', 32)).toBe(1);
    expect(await left('SELECT callback_id AS id FROM execution_keys ORDER BY 1')).toEqual(['c1', 'c2', 'c3']);
  });

  it('goes: packs that are done, counts of requests, install links with their states', async () => {
    await db.admin.query(
      `INSERT INTO packs (workspace_id, portal_id, lane_id, workflow_id, head_callback_id, size, due_at, created_at, done_at)
       SELECT ${W}, 1, 1, 'w' || n, 'c', 1, now(), now() - interval '1 year', CASE WHEN n < 3 THEN now() - n * interval '60 days' END
         FROM generate_series(1, 3) n`,
    );
    expect(await forget('forget_packs', 90)).toBe(1);
    expect(await left(`SELECT workflow_id AS id FROM packs ORDER BY 1`)).toEqual(['w1', 'w3']);

    await db.admin.query(
      `INSERT INTO call_counts (portal_id, day, workspace_id) SELECT 1, current_date - n * 20, ${W} FROM generate_series(1, 3) n`,
    );
    expect(await forget('forget_call_counts', 35)).toBe(2);

    await db.admin.query(
      `INSERT INTO install_links (workspace_id, token_hash, actor, expires_at)
       SELECT ${W}, int4send(n), 'x', now() - n * interval '15 hours' FROM generate_series(1, 2) n`,
    );
    await db.admin.query(
      `INSERT INTO oauth_states (state_hash, workspace_id, link_id, browser_hash, code_verifier, redirect_uri, scopes, optional_scopes, actor, expires_at)
       SELECT token_hash, workspace_id, id, token_hash, 'x', 'x', '{}', '{}', 'x', expires_at FROM install_links`,
    );
    expect(await forget('forget_install_links', 1)).toBe(1);
    expect(await left('SELECT encode(state_hash, $$hex$$) AS id FROM oauth_states')).toEqual(['00000001']);
  });

  it('goes: idempotency keys, three days after their answer', async () => {
    await db.admin.query(
      `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status, answered_at)
       SELECT int8send(hours::bigint), ${W}, '', 201, now() - make_interval(hours => hours) FROM unnest(ARRAY[71, 73]) hours`,
    );
    expect(await forget('forget_idempotency_keys', 3)).toBe(1);
    expect(await left('SELECT encode(request_hash, $$hex$$) AS id FROM idempotency_keys')).toEqual([
      '0000000000000047',
    ]);
  });

  it('goes: notices, but none that is still to be delivered', async () => {
    await db.admin.query(
      `INSERT INTO notices (workspace_id, kind, detail, state, created_at)
       SELECT ${W}, state, '{}', state, now() - interval '100 days' FROM unnest(ARRAY['pending', 'delivered', 'failed', 'kept']) state`,
    );
    expect(await forget('forget_notices', 101)).toBe(0);
    expect(await forget('forget_notices', 90)).toBe(3);
    expect(await left('SELECT kind AS id FROM notices')).toEqual(['pending']);
  });

  it('goes: heads of audit chains, but not the newest of a workspace and key, which vouches for all', async () => {
    await db.admin.query(
      `INSERT INTO audit_heads (workspace_id, seq, hash, signed_at, key_id, signature)
       SELECT ${W}, n, '\\x00', now() - (200 - n) * interval '1 day', CASE WHEN n < 20 THEN 'old' ELSE 'new' END, '\\x00'
         FROM generate_series(10, 190, 10) n`,
    );
    expect(await forget('forget_audit_heads', 0)).toBe(16);
    expect(await left(`SELECT key_id || seq AS id FROM audit_heads ORDER BY seq`)).toEqual([
      'old10',
      'new180',
      'new190',
    ]);
  });

  it('goes: slots and states of buckets of portals that have gone; those of others, and of one that goes just now, stay', async () => {
    await db.admin.query(
      `INSERT INTO portals (portal_id, workspace_id, state, state_changed_at) VALUES
         (31, ${W}, 'disconnected', now() - interval '2 days'), (32, ${W}, 'disconnected', now()), (33, ${W}, 'active', now() - interval '2 days')`,
    );
    await db.admin.query(
      `INSERT INTO budget_slots (portal_id, ring, n, workspace_id, free_at)
       SELECT p, 'search', n, ${W}, now() FROM generate_series(31, 33) p, generate_series(1, 4) n`,
    );
    await db.admin.query(
      `INSERT INTO budget_rings (portal_id, ring, workspace_id) SELECT p, 'portal', ${W} FROM generate_series(31, 33) p`,
    );
    expect([await forget('forget_budget_slots', 1), await forget('forget_budget_rings', 1)]).toEqual([4, 1]);
    expect(await left('SELECT DISTINCT portal_id AS id FROM budget_slots ORDER BY 1')).toEqual(['32', '33']);
    expect(await left('SELECT portal_id AS id FROM budget_rings ORDER BY 1')).toEqual(['32', '33']);
  });

  it('goes: keys, failed tries, redrives and ledger entries of events, but none that a waiting event or a dead letter needs', async () => {
    await db.admin.query(
      `INSERT INTO outbox_pending (id, workspace_id, portal_id, type, payload, captured_at) VALUES (902, ${W}, 1, 'x', '{}', now())`,
    );
    await db.admin.query(
      `INSERT INTO outbox_dead (id, workspace_id, type, payload, captured_at, state, reason, died_at) VALUES (903, ${W}, 'x', '{}', now(), 'dead', 'x', now())`,
    );
    for (const statement of [
      `INSERT INTO outbox_keys (workspace_id, event_key, event_id, body_hash, captured_at) SELECT ${W}, 'k' || n, n, '\\x00', `,
      `INSERT INTO outbox_attempts (event_id, n, workspace_id, error_class, message, at) SELECT n, 1, ${W}, 'x', 'x', `,
      `INSERT INTO outbox_redriven (event_id, redrive_id, workspace_id, kind, moved, requested_by, at) SELECT n, gen_random_uuid(), ${W}, 'dry_run', true, 'x', `,
      `INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, sent_at) SELECT n, 1, ${W}, 1, 'x', 'done', 'notes', `,
    ])
      await db.admin.query(
        `${statement} now() - CASE n WHEN 904 THEN interval '1 day' ELSE interval '40 days' END FROM generate_series(901, 904) n`,
      );
    for (const table of ['outbox_keys', 'outbox_attempts', 'outbox_redriven', 'outbox_ledger']) {
      expect({ table, removed: await forget(`forget_${table}`, 30) }).toEqual({ table, removed: 1 });
      expect(await left(`SELECT event_id AS id FROM ${table} ORDER BY 1`)).toEqual(['902', '903', '904']);
    }
  });

  it('goes: dead letters, those that were discarded sooner, and redrives that ended', async () => {
    await db.admin.query('DELETE FROM outbox_dead');
    await db.admin.query(
      `INSERT INTO outbox_dead (id, workspace_id, type, payload, captured_at, state, reason, died_at)
       SELECT row_number() OVER (), ${W}, 'x', '{}', now(), state, 'x', now() - days * interval '1 day'
         FROM unnest(ARRAY['dead', 'discarded', 'invalid', 'dead', 'discarded'], ARRAY[40, 40, 200, 200, 1]) AS d (state, days)`,
    );
    expect(await forget('forget_discarded', 30)).toBe(1);
    expect(await forget('forget_dead_letters', 180)).toBe(2);
    expect(await left('SELECT id FROM outbox_dead ORDER BY 1')).toEqual(['1', '5']);

    await db.admin.query(
      `INSERT INTO outbox_redrives (workspace_id, kind, filter, per_second, state, total, requested_by, ended_at)
       SELECT ${W}, 'dry_run', '{}', 1, 'done', 0, 'r' || n, CASE WHEN n < 3 THEN now() - n * interval '20 days' END FROM generate_series(1, 3) n`,
    );
    expect(await forget('forget_redrives', 30)).toBe(1);
    expect(await left('SELECT requested_by AS id FROM outbox_redrives ORDER BY 1')).toEqual(['r1', 'r3']);
  });

  it('goes: versions of mappings that were replaced so long ago, not those that were replaced since', async () => {
    await db.admin.query(
      `INSERT INTO outbox_mappings (workspace_id, type, version, mapping, updated_at)
       SELECT ${W}, 'order', n, '{}', now() - (5 - n) * interval '100 days' FROM generate_series(1, 4) n`,
    );
    expect(await forget('forget_mappings', 180)).toBe(2);
    expect(await left('SELECT version AS id FROM outbox_mappings ORDER BY 1')).toEqual([3, 4]);
  });
});

describe('lanes', () => {
  const tidy = (after = '0', lanes = 1000, max = 1000) =>
    tidyLanes(db.pool, { after, lanes, max, keepDays: 90 });
  const age = (laneId: string, days: number) =>
    db.admin.query(`UPDATE lanes SET seen_at = now() - make_interval(days => $2) WHERE id = $1`, [
      laneId,
      days,
    ]);
  const admit = (laneId: string, ago: string, count = 1) =>
    db.admin.query(
      `INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until, answered_at, owner)
       SELECT workspace_id, portal_id, id, 1, '{}', now(), now(), now() - $2::interval, 'x' FROM lanes, generate_series(1, $3) WHERE id = $1`,
      [laneId, ago, count],
    );
  const exists = async (table: string, column: string, laneId: string) =>
    (await db.admin.query(`SELECT FROM ${table} WHERE ${column} = $1`, [laneId])).rowCount;

  it('lose admissions that have left their window, an hour later at the earliest', async () => {
    const short = await seedLane(db.admin, { limit: 1, intervalMs: 1000 });
    const long = await seedLane(db.admin, { limit: 1, intervalMs: 4 * 3_600_000 });
    for (const lane of [short, long])
      for (const ago of ['5 hours', '3 hours', '5 minutes']) await admit(lane, ago);
    expect(await tidy()).toMatchObject({ admissions: 3, removed: 0 });
    expect([
      await exists('lane_grants', 'lane_id', short),
      await exists('lane_grants', 'lane_id', long),
    ]).toEqual([1, 2]);
  });

  it('are looked at in turn, again where the bound was reached', async () => {
    const lane = await seedLane(db.admin, { limit: 1, intervalMs: 1000 });
    await admit(lane, '3 hours', 30);
    const before = String(BigInt(lane) - 1n);
    expect(await tidy(before, 1, 20)).toEqual({ lastLane: before, admissions: 20, removed: 0 });
    expect(await tidy(before, 1, 20)).toEqual({ lastLane: lane, admissions: 10, removed: 0 });
    expect(await tidy('9999999')).toEqual({ lastLane: null, admissions: 0, removed: 0 });
  });

  it('without traffic for as long as the history is kept go, and are made anew by a call; others stay', async () => {
    const [idle, fresh, waits, set, moved] = [
      await seedLane(db.admin, { limit: 1, intervalMs: 1000 }),
      await seedLane(db.admin, { limit: 1, intervalMs: 1000 }),
      await seedLane(db.admin, { limit: 1, intervalMs: 1000 }),
      await seedLane(db.admin, { limit: 1, intervalMs: 1000, spread: true }),
      await seedLane(db.admin, { limit: 1, intervalMs: 1000 }),
    ];
    await intakeExecutions(db.pool, callsFor(waits, 1), LIMITS);
    await tidy(); // its traffic is not noted at once: a day has not passed
    await db.admin.query('UPDATE lanes SET next_seq = 7 WHERE id = $1', [moved]);
    for (const lane of [idle, waits, set, moved]) await age(lane, 91);
    await db.admin.query('UPDATE lanes SET seen_seq = next_seq WHERE id = $1', [waits]);
    expect(await tidy()).toMatchObject({ removed: 1 });
    const there = async (lane: string) => (await exists('lanes', 'id', lane)) === 1;
    expect(await Promise.all([idle, fresh, waits, set, moved].map(there))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(await exists('lane_windows', 'lane_id', idle)).toBe(0);
    const { rows } = await db.admin.query(
      'SELECT seen_seq, seen_at > now() - interval $$1 minute$$ AS now FROM lanes WHERE id = $1',
      [moved],
    );
    expect(rows).toEqual([{ seen_seq: '7', now: true }]);

    // A process that still knows the lane is refused, which makes HubSpot call again; then the lane is found anew.
    await expect(intakeExecutions(db.pool, callsFor(idle, 1), LIMITS)).rejects.toThrow(
      'intake answered 0 of 1 calls',
    );
    const name = {
      portalId: 1,
      key: 'queue:again',
      workflowId: '1',
      step: '1',
      queue: 'again',
      actionId: '1',
      ...{ formerKeys: [], formerStep: '1', callbackStep: null, sharedBySteps: false, queueNote: null },
    };
    const rate = { limit: 1, intervalMs: 1000 };
    const made = await ensureLane(db.pool, WORKSPACE, name, {
      default: rate,
      input: null,
      note: null,
    });
    expect(made?.laneId).toMatch(/^\d+$/);
  });
});
