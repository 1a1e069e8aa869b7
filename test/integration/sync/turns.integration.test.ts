import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createSyncActivities } from '../../../src/activities/sync/syncActivities.js';
import { createTurns } from '../../../src/activities/sync/turns.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { syncsWaiting } from '../../../src/db/sync/states.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { turnMs } from '../../../src/domain/sync/turns.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import type { Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { createSyncInstruments } from '../../../src/services/sync/instruments.js';
import type { SyncRunResult } from '../../../src/services/sync/syncRun.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const SLOTS = 2;
const BOUND_MS = 1000;

let database: TestDatabase;
let crm: CrmHarness;
const gateway = crmGateway(() => crm);

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  crm = await startCrm();
  gateway.forget();
  await database.admin.query('TRUNCATE sync_states, sync_passes, portals CASCADE');
});
afterEach(() => crm.close());

/** A portal of a workspace of its own, whose contacts are to be loaded. All show the records of one sandbox. */
async function portal(portalId: number, workspaceId: string = randomUUID()): Promise<SyncedObject> {
  const object = { workspaceId, portalId, objectType: 'contacts' };
  await database.admin.query(
    'INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text) ON CONFLICT DO NOTHING',
    [workspaceId],
  );
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    ...[portalId, workspaceId],
  ]);
  await startSync(forWorkspace(database.pool, workspaceId), object);
  return object;
}

/** A page of a list that has no end before it is told to have one. */
function endlessPage(after: number, isLast: boolean): Outcome {
  const now = new Date().toISOString();
  const results = Array.from({ length: 100 }, (_, n) => ({
    ...{ id: String(after + n), properties: {}, createdAt: now, updatedAt: now, archived: false },
  }));
  const paging = isLast ? {} : { paging: { next: { after: String(after + 100) } } };
  return { ...{ kind: 'ok', status: 200, answeredAtMs: Date.now() }, body: { results, ...paging } };
}

describe('the turn', () => {
  test('of a small portal comes within its bound, beside loads that take all slots of a worker', async () => {
    await crm.post('/crm/objects/2026-03/contacts/batch/create', {
      inputs: Array.from({ length: 30 }, (_, k) => ({
        ...{ properties: { email: `p${k}@example.com` }, associations: [] },
      })),
    });
    const large = [await portal(PORTAL), await portal(PORTAL + 1), await portal(PORTAL + 2)];
    let isSmallDone = false;
    const turns = createTurns({
      ...{ slots: SLOTS, waiting: () => syncsWaiting(database.pool), boundMs: BOUND_MS },
      ...{ lookEveryMs: 50, shortestMs: 50 },
      onFailure(error) {
        throw error;
      },
    });
    const { readRecords } = createSyncActivities({
      ...{ pool: database.pool, clock: { nowMs: () => Date.now() }, logger, maxErrorShare: 0.05, turns },
      gateway: {
        async request(request) {
          const isEndless = large.some(({ portalId }) => portalId === request.portalId);
          if (!isEndless || request.resource !== 'listObjects') return gateway.request(request);
          await new Promise((resolve) => setTimeout(resolve, 50));
          return endlessPage(Number(request.query?.after ?? 1), isSmallDone);
        },
      },
      tombstones: { of: () => Promise.reject(new Error('Nothing was erased')) },
      metrics: createSyncInstruments(createMetrics('worker', logger)),
      stopping: new AbortController().signal,
    });
    const small = await portal(PORTAL + 3);
    // As Temporal: who comes first is first, and so many at a time.
    const queue: SyncedObject[] = [...large];
    const cameAt = new Map<SyncedObject, number>();
    let left = queue.length + 1;
    let waitedMs = Infinity;
    const slot = async () => {
      while (left > 0) {
        const one = queue.shift();
        if (!one) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          continue;
        }
        if (one === small) waitedMs = Math.min(waitedMs, performance.now() - cameAt.get(one)!);
        const { ended } = await new MockActivityEnvironment().run<
          [SyncedObject],
          SyncRunResult,
          typeof readRecords
        >(readRecords, one);
        if (ended === 'more') {
          queue.push(one);
          continue;
        }
        expect(ended).toBe('done');
        if (one === small) isSmallDone = true;
        left -= 1;
      }
    };
    const worker = Promise.all([slot(), slot()]);
    // Each has had a turn by then, and goes on.
    const haveBegun = async () => {
      const { rows } = await database.admin.query('SELECT FROM sync_states WHERE loaded > 0');
      return rows.length === large.length;
    };
    await until('all large ones are being read', haveBegun, 30_000);
    cameAt.set(small, performance.now());
    queue.push(small);
    await worker;
    // By itself a load keeps its slot for a minute.
    expect(waitedMs).toBeLessThan(10 * BOUND_MS);
    const { rows } = await database.admin.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM crm_records WHERE workspace_id = $1',
      [small.workspaceId],
    );
    expect(rows).toEqual([{ n: 30 }]);
  });

  test('asks how many wait while all its slots are taken, and not before', async () => {
    let looks = 0;
    const turns = createTurns({
      ...{ slots: SLOTS, lookEveryMs: 5, boundMs: 20, shortestMs: 1 },
      waiting: () => Promise.resolve((looks += 1)),
      onFailure: () => undefined,
    });
    const first = turns.begin();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([looks, first.isOver()]).toEqual([0, false]);
    const second = turns.begin();
    await until('both are over', () => first.isOver() && second.isOver(), 5000, 5);
    expect(looks).toBeGreaterThan(0);
    second.end();
    second.end();
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([looks, first.isOver()]).toEqual([before, false]);
    first.end();
  });

  test('is as long as lets all who wait have theirs within the bound, a minute at most and a second at least', () => {
    expect([0, 1, 50, 51, 100, 500, 5000].map((waiting) => turnMs(waiting, 50))).toEqual([
      ...[60_000, 10_000, 10_000, 5000, 5000, 1000, 1000],
    ]);
  });
});

describe('what waits for a slot', () => {
  test('is what is to be loaded or has more to read, of portals that can be read, and of a workspace twelve loads', async () => {
    const waiting = () => syncsWaiting(database.pool);
    expect(await waiting()).toBe(0);
    const first = await portal(PORTAL);
    expect(await waiting()).toBe(1);
    for (let n = 1; n < 20; n += 1) await portal(PORTAL + n, first.workspaceId);
    expect(await waiting()).toBe(12);
    const other = await portal(PORTAL + 20);
    expect(await waiting()).toBe(13);
    const set = (assignment: string) =>
      database.admin.query(`UPDATE sync_states SET ${assignment} WHERE portal_id = $1`, [PORTAL + 20]);
    await set(`lease_until = now() + interval '1 minute'`);
    expect(await waiting()).toBe(12);
    await set(`lease_until = NULL, cursor = '{"kind": "follow"}'`);
    expect(await waiting()).toBe(12);
    await set(`cursor = '{"kind": "follow", "walk": {}}'`);
    expect(await waiting()).toBe(13);
    await set(`due_at = now() + interval '10 minutes'`);
    expect(await waiting()).toBe(12);
    await set(`due_at = now()`);
    await database.admin.query(`UPDATE portals SET state = 'reauth_required' WHERE portal_id = $1`, [
      other.portalId,
    ]);
    expect(await waiting()).toBe(12);
    await database.admin.query(
      `UPDATE sync_states SET lease_until = now() + interval '1 minute' WHERE portal_id < $1`,
      [PORTAL + 5],
    );
    expect(await waiting()).toBe(7);
  });
});
