import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inboxSql } from '../../../src/db/outbox/installInbox.js';
import { totalOutboxStats } from '../../../src/db/outbox/stats.js';
import { encodePayload } from '../../../src/sdk/outbox/json.js';
import { createOutbox } from '../../../src/sdk/outbox/outbox.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { dispatcherOf, insertRow, soundRow, withoutBounds, type InboxValues } from '../../support/inbox.js';
import { seedLane } from '../../support/throttle.js';

const OTHER = '00000000-0000-4000-8000-000000000002';
const PORTAL = 7_600_001;
const OTHERS_PORTAL = 7_600_002;

/** 2,800 characters that do not compress. */
const RANDOM = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 88) n)`;
const nested = (levels: number) => `(repeat('[', ${levels}) || repeat(']', ${levels}))::jsonb`;

/** Each is more than the outbox can keep: what it is, its column, and what its writer is told. */
const UNKEEPABLE: readonly [what: string, column: string, value: string, words: RegExp][] = [
  ['an endless time', 'occurred_at', `'infinity'`, /occurred_at is a time from 1970 to 9999/],
  ['a time without a beginning', 'occurred_at', `'-infinity'`, /occurred_at/],
  ['the year 294276', 'occurred_at', `'294276-01-01'`, /occurred_at/],
  ['the year 12000', 'occurred_at', `'12000-01-01'`, /occurred_at/],
  ['a year before Christ', 'occurred_at', `'0044-03-15 BC'`, /occurred_at/],
  ['an endless time of capture', 'captured_at', `'infinity'`, /captured_at/],
  ['a key of 2,800 random characters', 'event_key', RANDOM, /event_key has 1 to 200 characters/],
  ['an empty key', 'event_key', `''`, /event_key has 1 to 200 characters/],
  ['an ordering key of 8,000 characters', 'ordering_key', `repeat('x', 8000)`, /ordering_key has 1 to 200/],
  ['a portal of 2^63-1', 'portal_id', '9223372036854775807', /portal_id is the number of a portal/],
  ['a portal of 2^53+1', 'portal_id', '9007199254740993', /portal_id/],
  ['a portal below zero', 'portal_id', '-1', /portal_id/],
  ['a payload 2,000 levels deep', 'payload', nested(2000), /payload has at most 32 levels/],
  ['a payload 501 levels deep', 'payload', nested(501), /payload has at most 32 levels/],
  ['a payload of 10 MB', 'payload', `to_jsonb(repeat('x', 10000000))`, /payload has at most 64 KiB/],
  [
    'numbers of 131,000 digits',
    'payload',
    `(SELECT jsonb_agg(1e131000) FROM generate_series(1, 50))`,
    /payload has at most 64 KiB/,
  ],
  ['a type of 1 MB', 'type', `repeat('x', 1000000)`, /type has at most 200 characters/],
  ['an id below zero', 'id', '-5', /id is left to its default/],
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await seedLane(database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await seedLane(database.admin, {
    ...{ workspaceId: OTHER, portalId: OTHERS_PORTAL, limit: 1, intervalMs: 1000 },
  });
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.admin.query(await inboxSql());
  await database.admin.query('TRUNCATE outbox_inbox, outbox_pending, outbox_dead, outbox_keys');
});

const rowWith = (column: string, value: string): InboxValues => ({ ...soundRow(PORTAL), [column]: value });

/** Empties the inbox; fails when that takes more rounds than it must. */
async function dispatchAll(dispatcher = dispatcherOf(database)): Promise<void> {
  const endsAt = performance.now() + 20_000;
  while ((await dispatcher.dispatch()) > 0) expect(performance.now()).toBeLessThan(endsAt);
}

async function states(): Promise<{ pending: string[]; dead: { class: string; reason: string }[] }> {
  const { rows: pending } = await database.admin.query<{ portalId: string }>(
    'SELECT portal_id::text AS "portalId" FROM outbox_pending ORDER BY id',
  );
  const { rows: dead } = await database.admin.query<{ class: string; reason: string }>(
    'SELECT error_class AS class, reason FROM outbox_dead ORDER BY id',
  );
  return { pending: pending.map(({ portalId }) => portalId), dead };
}

describe('the inbox', () => {
  it.each(UNKEEPABLE)('refuses %s with words that its writer can read', async (_, column, value, words) => {
    const written = insertRow(database.pool, rowWith(column, value));
    await expect(written).rejects.toMatchObject({ code: '23514', message: expect.stringMatching(words) });
    await expect(written).rejects.not.toMatchObject({ detail: expect.anything() });
  });

  it('refuses the same of sluice_track_event and of the function that the library calls', async () => {
    await expect(
      database.pool.query(`SELECT sluice_track_event('nova_earned', '{}', occurred_at => 'infinity')`),
    ).rejects.toMatchObject({ code: '23514', message: expect.stringContaining('occurred_at') });
    const { rows } = await database.pool.query<{ answer: string }>(
      `SELECT sluice_capture('nova_earned', '{}', NULL, NULL, -1, NULL, NULL, NULL) AS answer`,
    );
    expect(rows).toEqual([{ answer: '!23514' }]);
  });

  it('takes whatever the library passes as valid', async () => {
    const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(1e300));
    const payloads = fc.oneof(
      fc.object({ maxDepth: 4 }),
      fc.array(numbers, { minLength: 0, maxLength: 12_000, size: 'max' }),
      fc.nat(40).map((levels) => JSON.parse('['.repeat(levels + 1) + ']'.repeat(levels + 1)) as unknown),
      fc.nat(66_000).map((length) => ({ text: 'x'.repeat(length) })),
      fc.nat(16_000).map((length) => Array.from({ length }, () => 1)),
    );
    await fc.assert(
      fc.asyncProperty(payloads, async (payload) => {
        const { json, problem } = encodePayload(payload);
        const written = database.pool.query(
          'INSERT INTO outbox_inbox (type, payload) VALUES ($1, $2::jsonb)',
          [...['x', json]],
        );
        if (problem === undefined) await written;
        else
          await written.catch((error: { code?: string }) => {
            expect(error.code).toMatch(/^(2[23]|54)/); // by a bound or by its form, never by a fault of ours
          });
      }),
      { numRuns: 60 },
    );
    const { trackEvent } = createOutbox({ defaultPortalId: PORTAL });
    const odd = { key: 'k'.repeat(3000), portalId: -1, occurredAt: new Date(8.64e15) };
    const payload = { driverId: 'd', email: 'd@example.com', amount: 1 };
    expect(await trackEvent(database.pool, 'nova_earned', payload, odd)).toMatchObject({ status: 'invalid' });
  });

  it('gets its bounds where it had none, whatever is in it', async () => {
    await withoutBounds(database.admin);
    await insertRow(database.admin, rowWith('occurred_at', `'infinity'`));
    await database.admin.query(await inboxSql());
    await expect(insertRow(database.pool, rowWith('occurred_at', `'infinity'`))).rejects.toMatchObject({
      code: '23514',
    });
    await dispatchAll();
    expect((await states()).dead).toHaveLength(1);
  });

  it('shows what stands in it as waiting, with its age', async () => {
    await insertRow(database.pool, {
      ...soundRow(PORTAL),
      captured_at: `clock_timestamp() - interval '1 hour'`,
    });
    const { waiting, oldestSeconds } = await totalOutboxStats(database.pool, 10);
    expect(waiting).toBe(1);
    expect(oldestSeconds).toBeGreaterThan(3590);
  });
});

it('a payload that only becomes long as text ends as a dead letter, with its reason', async () => {
  await insertRow(database.pool, rowWith('payload', `'[1e131000, -1e131000, 1e131000]'`));
  await insertRow(database.pool, soundRow(OTHERS_PORTAL));
  await dispatchAll();
  expect(await states()).toEqual({
    pending: [String(OTHERS_PORTAL)],
    dead: [{ class: 'invalid', reason: 'the payload is larger than 256 KiB' }],
  });
});

describe('an inbox of before, without bounds', () => {
  beforeEach(() => withoutBounds(database.admin));

  it.each(UNKEEPABLE)(
    'gives %s a named end, and the event of another workspace goes on',
    async (what, column, value) => {
      await insertRow(database.admin, rowWith(column, value));
      await insertRow(database.admin, soundRow(OTHERS_PORTAL));
      const from = performance.now();
      await dispatchAll();
      expect(performance.now() - from).toBeLessThan(5000);
      const { pending, dead } = await states();
      expect(pending).toContain(String(OTHERS_PORTAL));
      // A negative id is odd, and can be kept.
      if (what.startsWith('an id')) expect(pending).toHaveLength(2);
      else expect(dead).toHaveLength(1);
    },
  );

  it('sets aside what the database refuses, and moves the others of its batch in the same round', async () => {
    for (let n = 0; n < 20; n += 1) await insertRow(database.admin, soundRow(OTHERS_PORTAL));
    // What no bound foresees: here a rule of the table.
    await database.admin.query(
      `ALTER TABLE outbox_pending ADD CONSTRAINT unforeseen CHECK (payload ->> 'amount' <> '13')`,
    );
    await insertRow(
      database.admin,
      rowWith('payload', `'{"driverId": "d", "email": "d@example.com", "amount": 13}'`),
    );
    for (let n = 0; n < 20; n += 1) await insertRow(database.admin, soundRow(OTHERS_PORTAL));
    try {
      expect(await dispatcherOf(database).dispatch()).toBe(41);
    } finally {
      await database.admin.query('ALTER TABLE outbox_pending DROP CONSTRAINT unforeseen');
    }
    const { pending, dead } = await states();
    expect(pending).toHaveLength(40);
    expect(dead).toEqual([{ class: 'poison', reason: expect.stringContaining('23514') }]);
  });

  it('takes an event whose id somebody used before, under another one', async () => {
    const { rows } = await database.admin.query<{ id: string }>(
      `INSERT INTO outbox_inbox (type, payload, portal_id) SELECT type, payload, portal_id
         FROM (VALUES ('nova_earned', '{"driverId": "d", "email": "d@example.com", "amount": 1}'::jsonb, ${PORTAL})) v (type, payload, portal_id)
       RETURNING id`,
    );
    await dispatchAll();
    await insertRow(database.admin, { ...soundRow(PORTAL), id: rows[0]!.id });
    await insertRow(database.admin, soundRow(OTHERS_PORTAL));
    await dispatchAll();
    expect((await states()).pending).toHaveLength(3);
  });

  it('is left alone while the database is not as it should be: nothing is set aside for that', async () => {
    await insertRow(database.admin, soundRow(PORTAL));
    await database.admin.query('ALTER TABLE outbox_pending RENAME TO outbox_away');
    try {
      await expect(dispatcherOf(database).dispatch()).rejects.toMatchObject({ code: '42P01' });
    } finally {
      await database.admin.query('ALTER TABLE outbox_away RENAME TO outbox_pending');
    }
    await dispatchAll();
    expect(await states()).toMatchObject({ pending: [String(PORTAL)], dead: [] });
  });

  it('in a database of the application is emptied likewise', async () => {
    const theirs = await createTestDatabase();
    try {
      await withoutBounds(theirs.admin);
      for (const [, column, value] of UNKEEPABLE) await insertRow(theirs.admin, rowWith(column, value));
      await insertRow(theirs.admin, soundRow(OTHERS_PORTAL));
      await dispatchAll(dispatcherOf(database, { theirs: theirs.admin }));
      const { pending, dead } = await states();
      expect(pending).toContain(String(OTHERS_PORTAL));
      expect(pending.length + dead.length).toBe(UNKEEPABLE.length + 1);
    } finally {
      await theirs.drop();
    }
  });
});
