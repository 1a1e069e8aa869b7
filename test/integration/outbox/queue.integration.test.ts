import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import {
  claimEvents,
  renewClaim,
  settleAndClaim,
  settleEvents,
  type OutboxClaim,
  type Unsettled,
} from '../../../src/db/outbox/claims.js';
import { enqueueEvents, type NewEvent } from '../../../src/db/outbox/enqueue.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';

let database: TestDatabase;
let workspaceId: string;
let portalId = 1000;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  workspaceId = randomUUID();
  portalId += 1;
});

const event = (n: number, more?: Partial<NewEvent>) => newEvent({ workspaceId, portalId }, n, more);

const claim = (max = 100, leaseMs = 10_000, owner = 'test') =>
  claimEvents(database.pool, { workspaceId, portalId, owner, max, leaseMs });
const numbers = (taken: OutboxClaim | undefined) =>
  (taken?.events ?? []).map(({ payload }) => (payload as { n: number }).n);
const settle = (taken: OutboxClaim, done: readonly string[], others: readonly Unsettled[] = []) =>
  settleEvents(database.pool, { workspaceId, ...taken, mode: 'live', done, others });
const settleAll = (taken: OutboxClaim) =>
  settle(
    taken,
    taken.events.map(({ eventId }) => eventId),
  );
const count = async (table: string) => {
  const { rows } = await database.admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE portal_id = $1`,
    [portalId],
  );
  return rows[0]?.count;
};

describe('the outbox queue', () => {
  test('gives out events in their order, once, and keeps those that took effect', async () => {
    await enqueueEvents(
      database.pool,
      [1, 2, 3].map((n) => event(n)),
    );
    const first = await claim(2);
    const second = await claim(2);
    expect(numbers(first)).toEqual([1, 2]);
    expect(numbers(second)).toEqual([3]);
    expect(await claim()).toBeUndefined();
    expect(await settleAll(first!)).toBe(true);
    expect(await settleAll(second!)).toBe(true);
    expect(await count('outbox_pending')).toBe(0);
    expect(await count('outbox_history')).toBe(3);
  });

  test('a repeat of a key is the first event; with another body it is a conflict; neither is sent', async () => {
    const [first] = await enqueueEvents(database.pool, [event(1, { eventKey: 'a' })]);
    const again = await enqueueEvents(database.pool, [
      event(1, { eventKey: 'a' }),
      event(2, { eventKey: 'a' }),
      event(3, { eventKey: 'b' }),
      event(3, { eventKey: 'b' }),
    ]);
    expect(again.map(({ status }) => status)).toEqual(['duplicate', 'conflict', 'captured', 'duplicate']);
    expect(again[0]?.eventId).toBe(first?.eventId);
    expect(numbers(await claim())).toEqual([1, 3]);
  });

  test('an event that cannot be understood is kept with its reason, and holds nobody up', async () => {
    const answers = await enqueueEvents(database.pool, [
      event(1, { invalid: 'There is no such type', portalId: null }),
      event(2),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['invalid', 'captured']);
    expect(numbers(await claim())).toEqual([2]);
  });

  test('a claim whose holder does not settle in time is taken over whole; the former holder changes nothing', async () => {
    await enqueueEvents(database.pool, [event(1), event(2)]);
    const late = await claim(10, 0);
    const taken = await claim(10, 10_000, 'other');
    expect(taken).toMatchObject({ claimId: late?.claimId, again: true });
    expect(taken!.fence).toBeGreaterThan(late!.fence);
    expect(numbers(taken)).toEqual([1, 2]);
    expect(await settleAll(late!)).toBe(false);
    expect(await count('outbox_pending')).toBe(2);
    expect(await settleAll(taken!)).toBe(true);
    expect(await count('outbox_history')).toBe(2);
  });

  test('events of one key that fail together keep their order, whatever their times: a later one does not overtake', async () => {
    await enqueueEvents(
      database.pool,
      [1, 2, 3].map((n) => event(n, { orderingKey: 'k' })),
    );
    const all = (await claim())!;
    const times = [0, 60_000, 0];
    await settle(
      all,
      [],
      all.events.map(({ eventId: id }, n) => ({
        ...{ id, to: 'retry', inMs: times[n]!, class: 'transient', error: 'away' },
      })),
    );
    // The times of the second and the third are those of the first: they may have been sent with it.
    const again = (await claim())!;
    expect(numbers(again)).toEqual([1, 2, 3]);
    expect(await claim()).toBeUndefined();
    const [first, second, third] = again.events;
    await settle(
      again,
      [first!.eventId],
      [
        { id: second!.eventId, to: 'retry', inMs: 60_000, class: 'transient', error: 'away' },
        { id: third!.eventId, to: 'back' },
      ],
    );
    expect(await claim()).toBeUndefined();
  });

  test('what was sent as one write is taken as one again, whatever the limit and whatever came since: HubSpot sees no older value', async () => {
    const send = (...sent: number[]) =>
      enqueueEvents(
        database.pool,
        sent.map((n) => event(n, { orderingKey: n === 9 ? 'other' : 'k' })),
      );
    await send(1, 2, 3, 9);
    const taken = (await claim())!;
    const [first, second, third, other] = taken.events;
    const lost = { to: 'retry', inMs: 0, class: 'transient', error: 'no answer' } as const;
    await settle(
      taken,
      [other!.eventId],
      [first!, second!, third!].map(({ eventId: id }) => ({ id, ...lost })),
    );
    await send(4, 5);
    for (const [max, owner] of [
      [1, 'half-open'],
      [100, 'another'],
    ] as const) {
      const again = (await claim(max, 10_000, owner))!;
      expect(numbers(again)).toEqual([1, 2, 3]);
      // It could not even be looked at this time; that it was sent is not forgotten.
      const [head, ...behind] = again.events.map(({ eventId: id }) => id);
      await settle(again, [], [{ id: head!, ...lost }, ...behind.map((id) => ({ id, to: 'back' as const }))]);
    }
    await settleAll((await claim(1))!);
    expect(numbers(await claim())).toEqual([4, 5]);
  });

  test('a claim has as many events as fit into memory together, and one at least; those that follow go on behind them', async () => {
    const text = 'x'.repeat(60_000); // which compresses to nothing where it is stored
    const sent = Array.from({ length: 90 }, (_, n) => n + 1);
    await enqueueEvents(
      database.pool,
      sent.map((n) => event(n, { payload: JSON.stringify({ n, text }), orderingKey: `k${n % 7}` })),
    );
    // As of rows that were there before their size was noted.
    await database.admin.query('UPDATE outbox_pending SET bytes = NULL WHERE portal_id = $1 AND id % 2 = 0', [
      portalId,
    ]);
    const seen: number[] = [];
    for (let taken = await claim(300); taken; taken = await claim(300)) {
      expect(taken.events.length).toBeLessThanOrEqual(36);
      seen.push(...numbers(taken));
      await settleAll(taken);
    }
    expect(seen).toEqual(sent);
  });

  test('a claim that is renewed in time stays with its holder', async () => {
    await enqueueEvents(database.pool, [event(1)]);
    const held = await claim(10, 0);
    const db = forWorkspace(database.pool, workspaceId);
    expect(await renewClaim(db, { ...held!, leaseMs: 10_000 })).toBe(true);
    expect(await claim(10, 0)).toBeUndefined();
    expect(await renewClaim(db, { ...held!, fence: held!.fence + 1, leaseMs: 10_000 })).toBe(false);
  });

  test('events of one ordering key are in one hand at a time', async () => {
    await enqueueEvents(database.pool, [
      event(1, { orderingKey: 'k' }),
      event(2, { orderingKey: 'k' }),
      event(3, { orderingKey: 'other' }),
    ]);
    const first = await claim(1);
    expect(numbers(first)).toEqual([1]);
    expect(numbers(await claim())).toEqual([3]);
    await settleAll(first!);
    expect(numbers(await claim())).toEqual([2]);
  });

  test('one that is tried again later holds its ordering key, and no other', async () => {
    await enqueueEvents(
      database.pool,
      [1, 2, 3, 4, 5].map((n) => event(n, { orderingKey: n % 2 === 1 ? 'stuck' : `free${n}` })),
    );
    const first = await claim(1);
    await settle(
      first!,
      [],
      [
        {
          id: first!.events[0]!.eventId,
          to: 'retry',
          inMs: 60_000,
          class: 'transient',
          error: 'HubSpot answered 502',
        },
      ],
    );
    const others = await claim();
    expect(numbers(others)).toEqual([2, 4]);
    await settleAll(others!);
    await enqueueEvents(database.pool, [event(6, { orderingKey: 'stuck' })]);
    expect(await claim()).toBeUndefined();

    await database.admin.query(
      'UPDATE outbox_pending SET due_at = clock_timestamp() WHERE portal_id = $1 AND state = 1',
      [portalId],
    );
    const again = await claim();
    expect(numbers(again)).toEqual([1]);
    expect(again!.events[0]).toMatchObject({ attempts: 1 });
    await settleAll(again!);
    expect(numbers(await claim())).toEqual([3, 5, 6]);
  });

  test('one that will not be taken leaves the way to those behind it', async () => {
    await enqueueEvents(
      database.pool,
      [1, 2].map((n) => event(n, { orderingKey: 'k' })),
    );
    const first = await claim();
    expect(numbers(first)).toEqual([1, 2]);
    const [head, next] = first!.events;
    await settle(
      first!,
      [],
      [
        { id: head!.eventId, to: 'dead', class: 'permanent', error: 'No such property' },
        { id: next!.eventId, to: 'back' },
      ],
    );
    expect(await count('outbox_dead')).toBe(1);
    expect(numbers(await claim())).toEqual([2]);
  });

  test('another workspace sees and takes nothing', async () => {
    await enqueueEvents(database.pool, [event(1)]);
    const stranger = randomUUID();
    expect(
      await claimEvents(database.pool, {
        workspaceId: stranger,
        portalId,
        owner: 'x',
        max: 10,
        leaseMs: 1000,
      }),
    ).toBeUndefined();
    const { rows } = await forWorkspace(database.pool, stranger).query('SELECT 1 FROM outbox_pending');
    expect(rows).toHaveLength(0);
  });

  test('a settlement that takes the next claim with it sees what it has settled; one that comes too late changes nothing, and still takes it', async () => {
    await enqueueEvents(
      database.pool,
      [1, 2, 3].map((n) => event(n, { orderingKey: 'k' })),
    );
    const first = (await claim(1))!;
    const request = { portalId, owner: 'test', max: 1, leaseMs: 0 };
    const done = (taken: OutboxClaim) => ({
      ...{ workspaceId, ...taken, mode: 'live' as const, others: [] },
      done: taken.events.map(({ eventId }) => eventId),
    });
    const second = await settleAndClaim(database.pool, done(first), request);
    expect([second.settled, numbers(second.next)]).toEqual([true, [2]]);
    const taken = (await claim(1))!; // the second one's lease was over at once
    const late = await settleAndClaim(database.pool, done(second.next!), { ...request, leaseMs: 10_000 });
    expect([late.settled, late.next]).toEqual([false, undefined]);
    const third = await settleAndClaim(database.pool, done(taken), request);
    expect([third.settled, numbers(third.next)]).toEqual([true, [3]]);
    const none = await settleAndClaim(database.pool, done(third.next!), request);
    expect(none).toEqual({ settled: true, next: undefined });
    expect(await count('outbox_history')).toBe(3);
  });

  describe('what a claim costs', () => {
    /** Pages that a claim looked at. On a connection of its own: plans are made with what the tables hold now. */
    async function pagesOf(max: number): Promise<number> {
      await database.admin.query('ANALYZE outbox_pending');
      const client = new pg.Client({ connectionString: database.url.reveal() });
      await client.connect();
      try {
        const explain = () =>
          client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
            `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM outbox_claim('${workspaceId}', ${portalId}, 'x', ${max}, 10000)`,
          );
        const pages: number[] = [];
        // The first ones read the catalogue, and are planned each for itself; so is one before which autovacuum has
        // just analysed a table (some 130 pages more). What a claim costs is the least of the last.
        for (let n = 0; n < 8; n += 1) {
          await client.query('BEGIN');
          const { rows } = await explain();
          await client.query('ROLLBACK');
          const plan = rows[0]!['QUERY PLAN'][0].Plan;
          pages.push(plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!);
        }
        return Math.min(...pages.slice(-3));
      } finally {
        await client.end();
      }
    }

    test('does not depend on what waits for other portals', async () => {
      await database.admin.query(
        `INSERT INTO outbox_pending (workspace_id, portal_id, type, payload, captured_at)
         SELECT $1, 999, 'any', '{}', clock_timestamp() FROM generate_series(1, 20000)`,
        [workspaceId],
      );
      await enqueueEvents(database.pool, [event(1)]);
      await database.admin.query('UPDATE outbox_portals SET low_id = 0 WHERE portal_id = $1', [portalId]);
      expect(await pagesOf(100)).toBeLessThan(100);
      await settleAll((await claim())!);
      expect(await pagesOf(100)).toBeLessThan(100); // nothing is ready
    });

    test('does not depend on how many claims were settled since the last vacuum', async () => {
      await database.admin.query(
        'ALTER TABLE outbox_claims SET (autovacuum_enabled = off); ALTER TABLE outbox_pending SET (autovacuum_enabled = off)',
      );
      await enqueueEvents(database.pool, [event(0)]);
      await database.admin.query(
        `INSERT INTO outbox_pending (workspace_id, portal_id, type, payload, captured_at)
         SELECT $1, $2, 'any', '{}', clock_timestamp() FROM generate_series(1, 30000)`,
        [workspaceId, portalId],
      );
      const request = { portalId, owner: 'test', max: 50, leaseMs: 10_000 };
      let taken = await claim(request.max);
      for (let n = 0; n < 500; n += 1) {
        const done = taken!.events.map(({ eventId }) => eventId);
        const booked = { workspaceId, ...taken!, mode: 'live', done, others: [] } as const;
        taken = (await settleAndClaim(database.pool, booked, request)).next;
      }
      expect(await pagesOf(1)).toBeLessThan(100);
    }, 30_000);
  });

  test('whatever fails and whoever is late: every event ends once, and each ordering key in its order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 40 }),
        fc.infiniteStream(fc.constantFrom('done', 'done', 'retry', 'dead', 'back')),
        fc.infiniteStream(fc.integer({ min: 1, max: 12 })),
        // What the workers do: take more, settle what is in hand (of any of them), with the next claim or without, or
        // lose patience with it.
        fc.infiniteStream(fc.constantFrom('claim', 'claim', 'settle', 'settle', 'settleAndClaim', 'expire')),
        fc.infiniteStream(fc.nat()),
        async (keys, fates, sizes, acts, picks) => {
          portalId += 1;
          await enqueueEvents(
            database.pool,
            keys.map((orderingKey, n) => event(n, { orderingKey })),
          );
          const inHand: OutboxClaim[] = [];
          const ended: number[] = [];
          for (let round = 0; (await count('outbox_pending')) !== 0; round += 1) {
            if (round > 3000) throw new Error('It does not come to an end');
            await database.admin.query(
              'UPDATE outbox_pending SET due_at = clock_timestamp() WHERE portal_id = $1 AND state = 1',
              [portalId],
            );
            const act = acts.next().value;
            const max = sizes.next().value;
            if (act === 'claim') {
              const taken = await claim(max);
              if (taken) inHand.push(taken);
              continue;
            }
            if (act === 'expire') {
              // The holders do not know, and settle later all the same.
              await database.admin.query(
                'UPDATE outbox_claims SET lease_until = clock_timestamp() WHERE portal_id = $1',
                [portalId],
              );
              continue;
            }
            if (inHand.length === 0) continue;
            const [taken] = inHand.splice(picks.next().value % inHand.length, 1);
            const { done, others, final } = fatesOf(taken!, fates);
            const booked = { workspaceId, ...taken!, mode: 'live', done, others } as const;
            const request = { portalId, owner: 'test', max, leaseMs: 10_000 };
            const { settled, next } =
              act === 'settleAndClaim'
                ? await settleAndClaim(database.pool, booked, request)
                : { settled: await settleEvents(database.pool, booked), next: undefined };
            if (settled) ended.push(...final);
            if (next) inHand.push(next);
          }
          expect([...ended].sort((a, b) => a - b)).toEqual(keys.map((_, n) => n));
          for (const key of ['a', 'b', 'c']) {
            const order = ended.filter((n) => keys[n] === key);
            expect(order).toEqual([...order].sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  /** What a deliverer would book: behind one of a key that is tried again, nothing of the key. */
  function fatesOf(taken: OutboxClaim, fates: Iterator<string>) {
    const done: string[] = [];
    const others: Unsettled[] = [];
    const final: number[] = [];
    const stuck = new Map<string | null, string>();
    for (const { eventId, orderingKey, payload, attempts } of taken.events) {
      const { n } = payload as { n: number };
      const wanted = attempts > 3 ? 'done' : fates.next().value;
      // Those that were sent with it are tried again with it.
      const before = orderingKey === null ? undefined : stuck.get(orderingKey);
      const fate = before === undefined || before === wanted ? wanted : 'back';
      if (fate === 'done' || fate === 'dead') final.push(n);
      else stuck.set(orderingKey, fate);
      if (fate === 'retry')
        others.push({ id: eventId, to: 'retry', inMs: 60_000, class: 'transient', error: 'x' });
      else if (fate === 'dead') others.push({ id: eventId, to: 'dead', class: 'permanent', error: 'x' });
      else if (fate === 'back') others.push({ id: eventId, to: 'back' });
      else done.push(eventId);
    }
    return { done, others, final };
  }
});
