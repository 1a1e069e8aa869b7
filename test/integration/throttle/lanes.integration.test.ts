import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createThrottleControl } from '../../../src/api/throttle/throttleControl.js';
import { createLogger } from '../../../src/platform/logger.js';
import { seedLane } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';
import { end, admit, take } from '../http/seed.js';

interface LaneBody {
  readonly id: string;
  readonly waiting: number;
  readonly sending: number;
  readonly oldestWaitingMs: number | null;
  readonly lastEta: string | null;
  readonly lastEtaMs: number | null;
  readonly window: { used: number; free: number; nextFreeInMs: number | null };
  readonly paused: { at: string; reason: string | null } | null;
  readonly rate: { text: string; limit: number; override: unknown };
  readonly spread: boolean;
  readonly maxPerWorkflow: number | null;
  readonly beyondBlock: string;
}

let harness: ApiHarness;
let laneId: string;
beforeEach(async () => {
  harness = await startApi();
  laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 60_000 });
});
afterEach(() => harness.close());

const show = async () => (await harness.api.get<LaneBody>(`/api/lanes/${laneId}`)).body;
const patch = (change: unknown) =>
  harness.api.patch<LaneBody & { errors: { path: string }[] }>(`/api/lanes/${laneId}`, change);

describe('GET /api/lanes/:id', () => {
  it('shows how much waits and how full the window is', async () => {
    const { pool } = harness.database;
    expect(await show()).toMatchObject({
      waiting: 0,
      sending: 0,
      oldestWaitingMs: null,
      window: { used: 0, free: 10, nextFreeInMs: 0 },
    });

    await take(pool, laneId, 25);
    await end(pool, laneId, 'completed', 4);
    await admit(pool, laneId, 3);
    const busy = await show();
    expect(busy).toMatchObject({ waiting: 18, sending: 3, window: { used: 7, free: 3, nextFreeInMs: 0 } });
    expect(busy.oldestWaitingMs).toBeGreaterThanOrEqual(0);

    await admit(pool, laneId);
    const full = await show();
    expect(full).toMatchObject({ waiting: 15, sending: 6, window: { used: 10, free: 0 } });
    expect(full.window.nextFreeInMs).toBeGreaterThan(50_000);
    expect(full.window.nextFreeInMs).toBeLessThanOrEqual(60_000);
  });

  it('says when the last one goes that waits, and nothing where none waits or none can go', async () => {
    const { pool, admin } = harness.database;
    expect(await show()).toMatchObject({ lastEta: null, lastEtaMs: null });
    await take(pool, laneId, 25);
    const { lastEta, lastEtaMs } = await show();
    // Ten go at once, ten a minute later, five two minutes later.
    expect(lastEtaMs).toBeGreaterThan(115_000);
    expect(lastEtaMs).toBeLessThan(121_000);
    const { items } = (await harness.api.get<{ items: { id: string; lastEta: string }[] }>('/api/lanes'))
      .body;
    expect(Math.abs(Date.parse(items[0]!.lastEta) - Date.parse(lastEta!))).toBeLessThan(5000);
    await admin.query(`UPDATE executions SET end_requested = 'cancelled' WHERE seq >= 10`);
    expect((await show()).lastEtaMs).toBeLessThan(5000);
    await patch({ paused: true });
    expect(await show()).toMatchObject({ waiting: 25, lastEta: null, lastEtaMs: null });
  });

  it('knows no time for a next place while nothing of a full window is answered', async () => {
    await take(harness.database.pool, laneId, 12);
    await admit(harness.database.pool, laneId);
    expect((await show()).window).toEqual({ used: 10, free: 0, nextFreeInMs: null });
  });

  it('counts down from what exceeds a rate that was lowered: the next place is free when that has left', async () => {
    const { pool, admin } = harness.database;
    await take(pool, laneId, 10);
    await end(pool, laneId, 'completed', 5);
    await end(pool, laneId, 'completed', 5);
    await admin.query(
      `UPDATE lane_grants SET answered_at = now() - interval '30 seconds' WHERE id = (SELECT min(id) FROM lane_grants)`,
    );
    await patch({ rate: { limit: 2, intervalMs: 60_000 } });
    const { window } = await show();
    expect(window).toMatchObject({ used: 10, free: 0 });
    // The older five leave in 30 s, which leaves five of two: only then do the others make room.
    expect(window.nextFreeInMs).toBeGreaterThan(50_000);
  });
});

describe('GET /api/lanes', () => {
  it('lists every lane once, in pages, and those of one portal when asked', async () => {
    const { admin } = harness.database;
    const elsewhere = await seedLane(admin, { portalId: 2, limit: 1, intervalMs: 1000 });
    const third = await seedLane(admin, { limit: 1, intervalMs: 1000 });
    const ids: string[] = [];
    for (let after: string | null = '0'; after !== null;) {
      const query: string = after === '0' ? '' : `&after=${after}`;
      const page = (
        await harness.api.get<{ items: LaneBody[]; next: string | null }>(`/api/lanes?limit=2${query}`)
      ).body;
      ids.push(...page.items.map(({ id }) => id));
      after = page.next;
    }
    expect(ids).toEqual([laneId, elsewhere, third]);
    expect((await harness.api.lanes(2)).map(({ id }) => id)).toEqual([elsewhere]);
  });

  it('says on the last page that there is no other, even when it is full', async () => {
    const second = await seedLane(harness.database.admin, { limit: 1, intervalMs: 1000 });
    const { items, next } = (
      await harness.api.get<{ items: LaneBody[]; next: string | null }>('/api/lanes?limit=2')
    ).body;
    expect(items.map(({ id }) => id)).toEqual([laneId, second]);
    expect(next).toBeNull();
  });
});

describe('PATCH /api/lanes/:id', () => {
  it('puts a rate in force at once and takes it away again', async () => {
    expect((await patch({ rate: { limit: 3, intervalMs: 2000 } })).body.rate).toMatchObject({
      text: '3 per 2 seconds',
      source: 'lane',
      override: { limit: 3, intervalMs: 2000 },
    });
    expect((await patch({ rate: null })).body.rate).toMatchObject({
      limit: 100,
      source: 'default',
      override: null,
    });
    expect(harness.controlCalls).toEqual([`replan ${laneId}`, `replan ${laneId}`]);
  });

  it('pauses with a reason, keeps since when, and plans anew on resuming', async () => {
    const first = (await patch({ paused: { reason: 'HubSpot is moving' } })).body.paused;
    expect(first).toMatchObject({ reason: 'HubSpot is moving' });
    expect((await patch({ paused: true })).body.paused).toEqual({ at: first?.at, reason: null });
    expect(harness.controlCalls).toEqual([]);
    expect((await patch({ paused: false })).body.paused).toBeNull();
    expect(harness.controlCalls).toEqual([`replan ${laneId}`]);
  });

  it('stands, and is answered soon, when nobody can be woken', async () => {
    const broken = [
      () => Promise.reject(new Error('Temporal is away')),
      () => new Promise<void>(() => undefined),
    ];
    for (const fails of broken) {
      const deaf = await startApi(
        createThrottleControl({
          replanner: { replan: fails, wakeEnding: fails },
          starter: { add: () => undefined },
          logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
        }),
      );
      const id = await seedLane(deaf.database.admin, { limit: 10, intervalMs: 60_000 });
      const from = performance.now();
      expect((await deaf.api.changeLane(id, { rate: { limit: 3, intervalMs: 2000 } })).rate.limit).toBe(3);
      expect(performance.now() - from).toBeLessThan(4000);
      await deaf.close();
    }
  });

  it('changes what is named and nothing else', async () => {
    const { body } = await patch({ spread: true, maxPerWorkflow: 1, beyondBlock: 'hold' });
    expect(body).toMatchObject({
      spread: true,
      maxPerWorkflow: 1,
      beyondBlock: 'hold',
      paused: null,
      rate: { limit: 10 },
    });
    expect((await patch({ maxPerWorkflow: null })).body).toMatchObject({
      spread: true,
      maxPerWorkflow: null,
      beyondBlock: 'hold',
    });
  });

  it.each([
    [{}, ''],
    [{ rate: { limit: 0, intervalMs: 1000 } }, 'rate.limit'],
    [{ rate: { limit: '5', intervalMs: 1000 } }, 'rate.limit'],
    [{ rate: { limit: 5 } }, 'rate.intervalMs'],
    [{ rate: { limit: 5, intervalMs: 1000, burst: 3 } }, 'rate.burst'],
    [{ maxPerWorkflow: 101 }, 'maxPerWorkflow'],
    [{ paused: 'yes' }, 'paused'],
    [{ speed: 1 }, 'speed'],
  ])('refuses %j with the path %j', async (change, path) => {
    const answer = await patch(change);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error) => error.path)).toEqual([path]);
  });
});

describe('POST /api/lanes/:id/drain', () => {
  it.each(['cancelled', 'released'] as const)(
    'marks what waits to end as %s, says how many, and wakes the lane',
    async (as) => {
      const { pool, admin } = harness.database;
      const neighbour = await seedLane(admin, { limit: 10, intervalMs: 60_000 });
      await take(pool, neighbour, 3);
      await take(pool, laneId, 30);
      const sent = await admit(pool, laneId);
      expect(await harness.api.post(`/api/lanes/${laneId}/drain`, { as })).toMatchObject({
        status: 202,
        body: { laneId, as, drained: 20 },
      });
      expect(harness.controlCalls).toEqual([`wakeEnding ${laneId}`]);

      // They take no place of the window, which is full with what is being sent.
      const ended = await admit(pool, laneId);
      expect(ended.length).toBe(20);
      expect(new Set(ended.map(({ ending }) => ending))).toEqual(new Set([as]));
      expect(sent.every(({ ending }) => ending === null)).toBe(true);
      expect((await harness.api.lane(neighbour)).waiting).toBe(3);
    },
  );

  it('drains a long lane whole', async () => {
    await take(harness.database.pool, laneId, 12_000);
    expect((await harness.api.post(`/api/lanes/${laneId}/drain`, { as: 'cancelled' })).body).toMatchObject({
      drained: 12_000,
    });
    expect((await harness.api.post(`/api/lanes/${laneId}/drain`, { as: 'cancelled' })).body).toMatchObject({
      drained: 0,
    });
  });

  it('needs to know how', async () => {
    for (const body of [{}, { as: 'completed' }, { as: 'released', force: true }]) {
      expect((await harness.api.post(`/api/lanes/${laneId}/drain`, body)).status).toBe(400);
    }
  });
});

describe('two people who change a lane', () => {
  const change = (ifMatch: string | null, body: unknown) =>
    harness.api.request(
      'PATCH',
      `/api/lanes/${laneId}`,
      body,
      ifMatch === null ? {} : { 'if-match': ifMatch },
    );
  const tag = async () => (await harness.api.get(`/api/lanes/${laneId}`)).headers.get('etag') ?? '';

  it('do not undo one another: the second one is told that it is no longer what was seen', async () => {
    const seen = await tag();
    const first = await change(seen, { rate: { limit: 20, intervalMs: 1000 } });
    expect([first.status, first.headers.get('etag')]).toEqual([200, await tag()]);

    const second = await change(seen, { rate: { limit: 30, intervalMs: 1000 } });
    expect(second).toMatchObject({ status: 412, body: { type: 'urn:sluice:precondition_failed' } });
    expect((await show()).rate.limit).toBe(20);
    expect((await change(await tag(), { spread: true })).status).toBe(200);
  });

  it('get through one at a time where both have seen the same and ask at once', async () => {
    const seen = await tag();
    const asked = [11, 12, 13, 14].map((limit) => change(seen, { rate: { limit, intervalMs: 1000 } }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 412, 412, 412]);
  });

  it('are held up by no execution that comes or goes, and by nothing where they do not ask for it', async () => {
    const seen = await tag();
    await take(harness.database.pool, laneId, 5);
    await end(harness.database.pool, laneId, 'completed', 2);
    expect(await tag()).toBe(seen);
    expect((await change(`"of-another", W/${seen}`, { maxPerWorkflow: 5 })).status).toBe(200);
    expect((await change(null, { maxPerWorkflow: 6 })).status).toBe(200);
    expect((await change('*', { maxPerWorkflow: 7 })).status).toBe(200);
  });
});
