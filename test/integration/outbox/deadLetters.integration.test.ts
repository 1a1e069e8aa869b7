import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimEvents, settleEvents, type OutboxClaim } from '../../../src/db/outbox/claims.js';
import {
  countDeadLetters,
  discardDeadLetters,
  lockDeadLetters,
  renoteDeadLetters,
  reviveDeadLetters,
} from '../../../src/db/outbox/deadLetters.js';
import { enqueueEvents, type NewEvent } from '../../../src/db/outbox/enqueue.js';
import { findEvent, listEvents } from '../../../src/db/outbox/events.js';
import { outboxStats } from '../../../src/db/outbox/stats.js';
import { inboxHasEvents, readInbox, removeFromInbox, takeFromInbox } from '../../../src/db/outbox/inbox.js';
import { intendCreates, resolveCreates } from '../../../src/db/outbox/ledger.js';
import { replayDryRun } from '../../../src/db/outbox/replay.js';
import { forWorkspace, inWorkspace } from '../../../src/db/tenant.js';
import { createOutbox } from '../../../src/sdk/outbox/outbox.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';

const PORTAL = 4711;
const NOVA = { driverId: 'd-1', email: 'd@example.com', amount: 1 };
let database: TestDatabase;
let workspaceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  workspaceId = randomUUID();
  for (const table of [
    'outbox_pending',
    'outbox_dead',
    'outbox_history',
    'outbox_claims',
    'outbox_portals',
    'outbox_inbox',
  ])
    await database.admin.query(`DELETE FROM ${table}`);
});

const event = (n: number, more?: Partial<NewEvent>) => newEvent({ workspaceId, portalId: PORTAL }, n, more);

const db = () => forWorkspace(database.pool, workspaceId);
const enqueue = (events: readonly NewEvent[]) => enqueueEvents(database.pool, events);
const claim = async (max = 100) => {
  const taken = await claimEvents(database.pool, {
    workspaceId,
    portalId: PORTAL,
    owner: 'test',
    max,
    leaseMs: 10_000,
  });
  if (!taken) throw new Error('Nothing was ready');
  return taken;
};
const settle = (taken: OutboxClaim, to: 'done' | 'dead', mode: 'live' | 'dry' = 'live') => {
  const ids = taken.events.map(({ eventId }) => eventId);
  return settleEvents(database.pool, {
    workspaceId,
    ...taken,
    mode,
    done: to === 'done' ? ids : [],
    others:
      to === 'dead'
        ? ids.map((id) => ({ id, to, class: 'permanent', error: 'Property "x" does not exist' }))
        : [],
  });
};

describe('dead letters', () => {
  test('are counted by what they are, and go on their way again with their attempts counted anew', async () => {
    await enqueue([event(1), event(2), event(3, { type: 'driver_signed_up' })]);
    await settle(await claim(), 'dead');
    expect(await countDeadLetters(db(), workspaceId, {})).toEqual([
      { portalId: PORTAL, type: 'driver_signed_up', errorClass: 'permanent', count: 1 },
      { portalId: PORTAL, type: 'nova_earned', errorClass: 'permanent', count: 2 },
    ]);

    const revived = await inWorkspace(database.pool, workspaceId, async (client) => {
      const { letters } = await lockDeadLetters(client, workspaceId, { type: 'nova_earned' }, 10);
      return reviveDeadLetters(
        client,
        letters.map((letter) => ({ ...letter, portalId: PORTAL })),
      );
    });
    expect(revived).toBe(2);
    const again = await claim();
    expect(again.events.map(({ attempts }) => attempts)).toEqual([0, 0]);
    expect((await findEvent(db(), workspaceId, again.events[0]!.eventId))?.failedAttempts).toHaveLength(1);
  });

  test('are taken as far as they fit into memory, however many are asked for', async () => {
    const payload = JSON.stringify({ text: 'x'.repeat(60_000) });
    await enqueue(Array.from({ length: 90 }, (_, n) => event(n, { payload, invalid: 'Not understood' })));
    const { letters, more } = await inWorkspace(database.pool, workspaceId, (client) =>
      lockDeadLetters(client, workspaceId, {}, 500),
    );
    expect(more).toBe(true);
    expect(letters.length).toBeGreaterThan(30);
    expect(letters.length).toBeLessThanOrEqual(36);
  });

  test('one that is still wrong says what is wrong now; one that is given up stays to be seen', async () => {
    const [invalid] = await enqueue([event(1, { invalid: 'There is no event type "x"' })]);
    await inWorkspace(database.pool, workspaceId, (client) =>
      renoteDeadLetters(client, [{ id: invalid!.eventId, reason: 'email: must be an e-mail address' }]),
    );
    expect(await findEvent(db(), workspaceId, invalid!.eventId)).toMatchObject({
      state: 'invalid',
      lastError: 'email: must be an e-mail address',
    });
    expect(await discardDeadLetters(db(), workspaceId, { state: 'invalid' }, 'A test', 10)).toBe(1);
    expect(await countDeadLetters(db(), workspaceId, {})).toEqual([]);
    expect(await listEvents(db(), workspaceId, { state: 'discarded', limit: 10 })).toHaveLength(1);
  });

  test('belong to their workspace: another one counts, revives and discards none', async () => {
    await enqueue([event(1)]);
    await settle(await claim(), 'dead');
    const stranger = randomUUID();
    const theirs = forWorkspace(database.pool, stranger);
    expect(await countDeadLetters(theirs, workspaceId, {})).toEqual([]);
    expect(await discardDeadLetters(theirs, workspaceId, {}, 'x', 10)).toBe(0);
    expect(await listEvents(theirs, workspaceId, { limit: 10 })).toEqual([]);
  });
});

describe('events', () => {
  test('are listed newest first whatever became of them, and each state by itself', async () => {
    await enqueue([1, 2, 3, 4].map((n) => event(n)));
    await settle(await claim(1), 'done');
    await settle(await claim(1), 'dead');
    await claim(1);
    const all = await listEvents(db(), workspaceId, { limit: 10 });
    expect(all.map(({ state }) => state)).toEqual(['pending', 'sending', 'dead', 'processed']);
    for (const { state, id } of all)
      expect((await listEvents(db(), workspaceId, { state, limit: 10 })).map((one) => one.id)).toEqual([id]);
    const older = await listEvents(db(), workspaceId, { limit: 10, after: all[1]!.id });
    expect(older.map(({ state }) => state)).toEqual(['dead', 'processed']);
    expect(await outboxStats(db(), workspaceId, null)).toMatchObject({
      unprocessed: 2,
      dead: 1,
      processedLastMinute: 1,
      failedByClass: { permanent: 1 },
    });
  });

  test('old monitoring queries run, for members of sluice_monitor; a dead letter is not processed', async () => {
    await enqueue([event(1), event(2)]);
    await settle(await claim(1), 'done');
    await settle(await claim(1), 'dead');
    await database.pool.query(`SELECT sluice_track_event('nova_earned', '{"n": 3}', 'key-3')`);
    await database.admin.query('UPDATE outbox_dead SET attempts = 3, last_error = $2 WHERE portal_id = $1', [
      PORTAL,
      'No such property',
    ]);
    const monitor = await database.admin.connect();
    try {
      await monitor.query('SET ROLE sluice_monitor');
      const open = await monitor.query(
        'SELECT count(*)::int AS open FROM outbox_events WHERE processed_at IS NULL',
      );
      expect(open.rows).toEqual([{ open: 2 }]);
      const stuck = await monitor.query(
        `SELECT event_type, attempt_count, last_error FROM outbox_events
          WHERE processed_at IS NULL AND attempt_count >= 3 ORDER BY created_at DESC LIMIT 20`,
      );
      expect(stuck.rows).toEqual([
        { event_type: 'nova_earned', attempt_count: 3, last_error: 'No such property' },
      ]);
      const recent = await monitor.query(
        `SELECT event_type, state, processed_at - created_at < interval '1 minute' AS soon FROM outbox_events
          WHERE processed_at > now() - interval '1 hour' ORDER BY processed_at DESC LIMIT 20`,
      );
      expect(recent.rows).toEqual([{ event_type: 'nova_earned', state: 'live', soon: true }]);
      await expect(monitor.query('SELECT 1 FROM outbox_pending')).rejects.toThrow(/permission denied/);
    } finally {
      await monitor.query('RESET ROLE');
      monitor.release();
    }
    // The API's login, whose role may capture for every portal.
    expect((await database.pool.query('SELECT FROM outbox_events')).rows).toEqual([]);
  });

  test('what ran dry is sent when it is asked for, once, under the same id', async () => {
    await enqueue([event(1)]);
    const dry = await claim();
    await settle(dry, 'done', 'dry');
    const since = new Date(Date.now() - 60_000);
    expect(await replayDryRun(db(), workspaceId, { since }, 10)).toHaveLength(1);
    expect(await replayDryRun(db(), workspaceId, { since }, 10)).toEqual([]);
    expect((await claim()).events.map(({ eventId }) => eventId)).toEqual(
      dry.events.map(({ eventId }) => eventId),
    );
  });
});

describe('the inbox', () => {
  test('is taken in order, in the transaction that enqueues', async () => {
    for (const n of [1, 2])
      await database.pool.query('SELECT sluice_track_event($1, $2)', ['nova_earned', { n }]);
    await expect(
      inWorkspace(database.pool, workspaceId, async (client) => {
        expect(await takeFromInbox(client, 10)).toHaveLength(2);
        throw new Error('The dispatcher died');
      }),
    ).rejects.toThrow('died');
    const taken = await inWorkspace(database.pool, workspaceId, (client) => takeFromInbox(client, 10));
    expect(taken.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await readInbox(database.pool, 10)).toEqual([]);
  });

  test('gives out as many events as fit into memory together, and one at least, the oldest first', async () => {
    await database.pool.query(
      `SELECT count(sluice_track_event('nova_earned', jsonb_build_object('n', n, 'text', repeat('x', 60000)))) FROM generate_series(1, 90) n`,
    );
    const read = await readInbox(database.pool, 500);
    expect(read.length).toBeGreaterThan(30);
    expect(read.length).toBeLessThanOrEqual(36);
    const seen: unknown[] = [];
    for (;;) {
      const taken = await inWorkspace(database.pool, workspaceId, (client) => takeFromInbox(client, 500));
      if (taken.length === 0) break;
      expect(taken.length).toBeLessThanOrEqual(36);
      seen.push(...taken.map(({ payload }) => (payload as { n: number }).n));
    }
    expect(seen).toEqual(Array.from({ length: 90 }, (_, n) => n + 1));
  });

  test('one in another database is removed from when the outbox has it', async () => {
    await database.pool.query(`SELECT sluice_track_event('nova_earned', '{}')`);
    const [first] = await readInbox(database.pool, 10);
    await removeFromInbox(database.pool, [first!.id]);
    expect(await readInbox(database.pool, 10)).toEqual([]);
  });

  test('restricts nothing that the transaction of a capture may do: it is prepared for two phases, takes no lock and tells nobody', async () => {
    const { rows } = await database.pool.query<{ most: string }>('SHOW max_prepared_transactions');
    if (rows[0]?.most === '0')
      throw new Error('The Postgres of the tests needs max_prepared_transactions > 0');
    const application = await database.pool.connect();
    const name = `order ${randomUUID()}`;
    try {
      await application.query('BEGIN');
      await application.query(`SELECT sluice_track_event('nova_earned', '{}')`);
      const tracked = await createOutbox().trackEvent(application, 'nova_earned', NOVA);
      expect(tracked.status).toBe('captured');
      const { rows: locks } = await application.query(
        `SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`,
      );
      expect(locks).toEqual([]);
      await application.query(`PREPARE TRANSACTION '${name}'`);
      expect(await inboxHasEvents(database.pool)).toBe(false);
      await application.query(`COMMIT PREPARED '${name}'`);
      expect(await readInbox(database.pool, 10)).toHaveLength(2);
    } finally {
      application.release(true);
    }
  });

  test.each(['read committed', 'repeatable read', 'serializable'])(
    'takes part in a transaction that is %s',
    async (isolation) => {
      const application = await database.pool.connect();
      try {
        await application.query(`BEGIN ISOLATION LEVEL ${isolation}`);
        await createOutbox().trackEvent(application, 'nova_earned', NOVA);
        await application.query('COMMIT');
        expect(await readInbox(database.pool, 10)).toHaveLength(1);
      } finally {
        application.release(true);
      }
    },
  );
});

test('tries after a redrive are on record beside those before it', async () => {
  await enqueue([event(1)]);
  for (const error of ['first', 'second']) {
    const taken = await claim();
    await settleEvents(database.pool, {
      ...{ workspaceId, ...taken, mode: 'live', done: [] },
      others: [{ id: taken.events[0]!.eventId, to: 'dead', class: 'permanent', error }],
    });
    await inWorkspace(database.pool, workspaceId, async (client) => {
      const { letters } = await lockDeadLetters(client, workspaceId, {}, 10);
      await reviveDeadLetters(
        client,
        letters.map((letter) => ({ ...letter, portalId: PORTAL })),
      );
    });
  }
  const { rows } = await database.admin.query(
    'SELECT n, message FROM outbox_attempts WHERE workspace_id = $1 ORDER BY n',
    [workspaceId],
  );
  expect(rows).toEqual([
    { n: 1, message: 'first' },
    { n: 2, message: 'second' },
  ]);
});

describe('the ledger', () => {
  const create = { eventId: '17', n: 0, kind: 'note', objectType: 'notes' };
  const portal = () => ({ workspaceId, portalId: PORTAL });
  const entries = async () => {
    const { rows } = await database.admin.query<{
      state: string;
      objectId: string | null;
      ambiguous: number;
    }>('SELECT state, object_id AS "objectId", ambiguous FROM outbox_ledger ORDER BY event_id, n');
    return rows;
  };
  /** A claim of an event, and the fence of whoever takes it over from there. */
  const claimed = async () => {
    await database.admin.query('DELETE FROM outbox_ledger');
    await enqueueEvents(database.pool, [newEvent(portal(), 1)]);
    const held = await claimEvents(database.pool, { ...portal(), owner: 'a', max: 1, leaseMs: 0 });
    const takeOver = () => claimEvents(database.pool, { ...portal(), owner: 'b', max: 1, leaseMs: 60_000 });
    return { held: held!, takeOver };
  };

  test('a create that may have been sent is known to the next try; one that certainly was not is forgotten', async () => {
    const { held } = await claimed();
    expect(await intendCreates(db(), held, portal(), [create])).toBe(true);
    expect(await entries()).toMatchObject([{ state: 'intended' }]);
    await resolveCreates(db(), held, [{ eventId: '17', n: 0, outcome: 'absent' }]);
    expect(await entries()).toEqual([]);
    await intendCreates(db(), held, portal(), [create]);
    await resolveCreates(db(), held, [{ eventId: '17', n: 0, outcome: 'ambiguous' }]);
    expect(await intendCreates(db(), held, portal(), [create])).toBe(true);
    await resolveCreates(db(), held, [{ eventId: '17', n: 0, outcome: 'done', objectId: '99' }]);
    expect(await entries()).toEqual([{ state: 'done', objectId: '99', ambiguous: 1 }]);
    // What is done is not sent once more, nor what stands beside it in the same request.
    expect(await intendCreates(db(), held, portal(), [create, { ...create, n: 1 }])).toBe(false);
    expect(await entries()).toHaveLength(1);
  });

  test('whose claim was taken over notes nothing, and cannot undo what its successor has', async () => {
    const { held, takeOver } = await claimed();
    await intendCreates(db(), held, portal(), [create]);
    const successor = (await takeOver())!;
    expect(successor.fence).toBeGreaterThan(held.fence);
    expect(await intendCreates(db(), held, portal(), [{ ...create, n: 1 }])).toBe(false);
    await resolveCreates(db(), held, [{ eventId: '17', n: 0, outcome: 'absent' }]);
    expect(await entries()).toMatchObject([{ state: 'intended' }]);
    await resolveCreates(db(), successor, [{ eventId: '17', n: 0, outcome: 'done', objectId: '99' }]);
    // It was sent after all: two records, which stays on record.
    await resolveCreates(db(), held, [{ eventId: '17', n: 0, outcome: 'done', objectId: '77' }]);
    expect(await entries()).toEqual([{ state: 'done', objectId: '99', ambiguous: 1 }]);
    await resolveCreates(db(), held, [{ eventId: '17', n: 0, outcome: 'ambiguous' }]);
    expect(await entries()).toEqual([{ state: 'done', objectId: '99', ambiguous: 2 }]);
  });
});
