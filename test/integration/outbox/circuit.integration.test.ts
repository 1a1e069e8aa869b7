import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { claimEvents } from '../../../src/db/outbox/claims.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { totalOutboxStats } from '../../../src/db/outbox/stats.js';
import {
  countDelivery,
  nextDueInMs,
  outboxPortalsToStart,
  pauseOutbox,
} from '../../../src/db/outbox/portals.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';
import { seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let portal: { workspaceId: string; portalId: number };
let portalId = 7_400_000;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  portal = { workspaceId: randomUUID(), portalId: (portalId += 1) };
  await database.admin.query("INSERT INTO workspaces (id, name) VALUES ($1, 'test')", [portal.workspaceId]);
  await seedLane(database.admin, { ...portal, limit: 1, intervalMs: 1000 });
  await enqueueEvents(
    database.pool,
    Array.from({ length: 20 }, (_, n) => newEvent(portal, n)),
  );
});

const count = (ok: boolean, maxFailures = 10, coolDownMs = 60_000) =>
  countDelivery(database.pool, portal, { ok, maxFailures, coolDownMs });
const claim = () => claimEvents(database.pool, { ...portal, owner: 'test', max: 100, leaseMs: 10_000 });
const notices = async () => {
  const { rows } = await database.admin.query<{ kind: string; detail: Record<string, unknown> }>(
    'SELECT kind, detail FROM notices WHERE portal_id = $1 ORDER BY id',
    [portal.portalId],
  );
  return rows.map(({ kind, detail }) => [kind, detail.share ?? detail.failuresInARow]);
};

describe('the circuit of a portal', () => {
  it('tells at 50, 70, 90 and 100 % of the failures in a row, once each, and opens at 100 %', async () => {
    const told = [];
    for (let n = 0; n < 12; n += 1) told.push(await count(false));
    expect(told).toEqual([0, 0, 0, 0, 50, 0, 70, 0, 90, 100, 0, 0]);
    expect(await notices()).toEqual([50, 70, 90, 100].map((share) => ['outbox.failing', share]));
    expect(await claim()).toBeUndefined();
    expect((await totalOutboxStats(database.pool, 1000)).circuitsOpen).toBe(1);
  });

  it('lets five events try after the cool-down, opens again when they fail, and closes when one gets through', async () => {
    for (let n = 0; n < 2; n += 1) await count(false, 2, 200);
    const starts = async () => (await outboxPortalsToStart(database.pool, 100)).map((one) => one.portalId);
    expect(await starts()).not.toContain(portal.portalId);
    await until('the cool-down is over', async () => (await starts()).includes(portal.portalId), 5000);
    const probe = await claim();
    expect(probe?.failing).toBe(true);
    expect(probe?.events).toHaveLength(5);
    await count(false, 2, 60_000);
    expect(await claim()).toBeUndefined();
    expect(await count(true)).toBe(-1);
    expect((await notices()).at(-1)).toEqual(['outbox.recovered', 3]);
    const whole = await claim();
    expect([whole?.failing, whole?.events.length]).toEqual([false, 15]);
  });

  it('counts in a row: what gets through sets it back, without a word when nobody was told', async () => {
    for (let n = 0; n < 4; n += 1) await count(false);
    expect(await count(true)).toBe(0);
    for (let n = 0; n < 4; n += 1) expect(await count(false)).toBe(0);
    expect(await notices()).toEqual([]);
  });

  it('lets a delivery that has nothing else to do end instead of waiting for it', async () => {
    await database.admin.query('UPDATE outbox_pending SET state = 1, due_at = now() WHERE portal_id = $1', [
      portal.portalId,
    ]);
    const db = forWorkspace(database.pool, portal.workspaceId);
    expect(await nextDueInMs(db, portal.portalId)).toBeLessThanOrEqual(0);
    for (let n = 0; n < 2; n += 1) await count(false, 2);
    expect(await nextDueInMs(db, portal.portalId)).toBeNull();
  });
});

describe('a portal that is paused', () => {
  it('is given no claim and no delivery until it is resumed', async () => {
    const db = forWorkspace(database.pool, portal.workspaceId);
    await pauseOutbox(db, portal, { reason: 'clean-up' });
    expect(await claim()).toBeUndefined();
    expect(await outboxPortalsToStart(database.pool, 100)).not.toContainEqual(portal);
    await pauseOutbox(db, portal, null);
    expect((await claim())?.events).toHaveLength(20);
  });
});
