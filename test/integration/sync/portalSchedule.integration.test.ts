import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createPortalActivities } from '../../../src/activities/sync/portalActivities.js';
import { endSyncs } from '../../../src/db/sync/ends.js';
import { syncsDue } from '../../../src/db/sync/states.js';
import { syncStats } from '../../../src/db/sync/syncStats.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createSyncInstruments } from '../../../src/services/sync/instruments.js';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connection.js';
import { createPortalSchedules } from '../../../src/temporal/sync/portalSchedules.js';
import { queueName } from '../../../src/temporal/taskQueues.js';
import { createPortalSchedulesSweep } from '../../../src/worker/sync/portalSchedulesSweep.js';
import { workflowsPath } from '../../../src/worker/worker.js';
import { createNamespace, givenTemporalAddress } from '../../support/servers.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const SECOND = 7_300_002;
const THIRD = 7_300_003;
const FOREIGN = 7_300_004;
const PREFIX = `own-${randomBytes(4).toString('hex')}`;
const FOLLOWS = { version: 1, kind: 'follow', from: 0 };
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let harness: ApiHarness;
let crm: CrmHarness;
let temporal: TemporalConnection;
let connection: Connection;
let client: Client;
let namespace: string;
const gateway = crmGateway(() => crm);

beforeAll(async () => {
  harness = await startApi({}, { SYNC_PORTAL_SCHEDULES: '2' });
  const { admin } = harness.database;
  for (const portalId of [PORTAL, SECOND, THIRD])
    await seedLane(admin, { portalId, limit: 1, intervalMs: 1000 });
  await seedLane(admin, { portalId: FOREIGN, workspaceId: OTHER_WORKSPACE, limit: 1, intervalMs: 1000 });
  const address = givenTemporalAddress();
  namespace = await createNamespace(address);
  temporal = connectTemporal({
    ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: PREFIX },
    ...{ TEMPORAL_API_KEY: undefined, TEMPORAL_TLS: false },
  });
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
}, 60_000);
afterAll(async () => {
  await temporal.close();
  await connection.close();
  await harness.close();
});
beforeEach(async () => {
  crm = await startCrm();
  gateway.forget();
  for (const table of ['sync_states', 'sync_schedules', 'crm_records'])
    await harness.database.admin.query(`DELETE FROM ${table}`);
  await harness.database.admin.query(`UPDATE portals SET state = 'active'`);
  await sweep();
});
afterEach(() => crm.close());

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: { authorization: harness.authorization, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> & { detail?: string },
  };
}
const set = (body: object, portal = PORTAL) => ask('PUT', `/api/sync-schedules/${portal}`, body);
const NIGHTLY = { calendar: '30 2 * * 1-5', timeZone: 'Europe/Berlin' };

async function follow(portalId = PORTAL, type = 'contacts', more = ''): Promise<void> {
  await harness.database.admin.query(
    'INSERT INTO sync_states (workspace_id, portal_id, object_type, cursor, loaded_at, fresh_until) VALUES ($1, $2, $3, $4, now(), now())',
    [WORKSPACE, portalId, type, FOLLOWS],
  );
  if (more)
    await harness.database.admin.query(`UPDATE sync_states SET ${more} WHERE object_type = $1`, [type]);
}
/** What the reconciler does in a round, as one that asks Temporal. */
const sweep = () =>
  createPortalSchedulesSweep(harness.database.pool, createPortalSchedules(temporal), 0).run(
    new AbortController().signal,
  );
const scheduleOf = (portalId: number) => client.schedule.getHandle(`sluice-sync-portal-${portalId}`);
/** Its times, as Temporal has them; undefined: it is not there. */
async function timesAtTemporal(portalId = PORTAL) {
  try {
    const { spec, policies } = await scheduleOf(portalId).describe();
    return { spec, overlap: policies.overlap };
  } catch {
    return undefined;
  }
}
/** The list is some moments behind. */
const listed = (portals: readonly number[]) =>
  until(
    `Temporal lists the Schedules of ${portals.join(', ')}`,
    async () => {
      const there = [...(await createPortalSchedules(temporal).list()).keys()].sort();
      return JSON.stringify(there) === JSON.stringify([...portals].sort()) || undefined;
    },
    20_000,
  );
const due = async () => (await syncsDue(harness.database.pool, 100)).map(({ portalId }) => portalId);
const makeDue = () =>
  harness.database.admin.query('UPDATE sync_states SET due_at = now() WHERE due_at IS NOT NULL');

describe('a portal with a Schedule of its own', () => {
  it('has it at Temporal as it was set, by an interval or a calendar of a zone, and with other times when they are changed', async () => {
    await follow();
    expect(await set({ intervalMs: 900_000 })).toMatchObject({
      status: 200,
      body: { portalId: PORTAL, intervalMs: 900_000, calendar: null, applied: false },
    });
    expect(await sweep()).toBe(1);
    expect(await timesAtTemporal()).toMatchObject({
      spec: { intervals: [{ every: 900_000 }] },
      overlap: 'SKIP',
    });
    await listed([PORTAL]);
    expect(await sweep()).toBe(0);
    const shown = await ask('GET', `/api/sync-schedules/${PORTAL}`);
    expect(shown.body).toMatchObject({ applied: true, failure: null });
    const nextAt = shown.body.nextAt as string;
    expect(Date.parse(nextAt)).toBeGreaterThan(Date.now());
    expect((await ask('GET', `/api/sync/${PORTAL}/contacts`)).body).toMatchObject({ nextReadAt: nextAt });

    await set(NIGHTLY);
    expect(await sweep()).toBe(1);
    const changed = await timesAtTemporal();
    expect(changed?.spec).toMatchObject({ timezone: 'Europe/Berlin', intervals: [] });
    expect(changed?.spec.calendars).toMatchObject([
      { hour: [{ start: 2 }], minute: [{ start: 30 }], dayOfWeek: [{ start: 'MONDAY', end: 'FRIDAY' }] },
    ]);
    // Asked for once more, nothing is made anew.
    await listed([PORTAL]);
    await set(NIGHTLY);
    expect(await sweep()).toBe(0);

    expect((await ask('DELETE', `/api/sync-schedules/${PORTAL}`)).status).toBe(204);
    await sweep();
    expect(await timesAtTemporal()).toBeUndefined();
    expect((await ask('GET', `/api/sync-schedules/${PORTAL}`)).status).toBe(404);
  }, 60_000);

  it('is not looked at each minute: but for what is still to be loaded, failed, or is read again, and until its Schedule is there', async () => {
    await follow();
    await follow(PORTAL, 'companies', `cursor = '{"version":2,"kind":"load"}'`);
    await follow(PORTAL, 'deals', 'failures_in_a_row = 1');
    await follow(PORTAL, 'tickets', `cursor = cursor || '{"resync":{"version":1}}'`);
    await set({ intervalMs: 60_000 });
    expect(await due()).toHaveLength(4);
    await sweep();
    await makeDue();
    expect(await due()).toHaveLength(3);
    const { rows } = await harness.database.admin.query<{ type: string }>(
      `SELECT object_type AS type FROM sync_states WHERE due_at > now() + interval '5 minutes'`,
    );
    expect(rows).toEqual([{ type: 'contacts' }]);
    // Other portals are looked at as always, and an alert on age is not about it.
    await follow(SECOND, 'contacts');
    expect(await due()).toEqual([SECOND]);
    expect(
      (await syncStats(harness.database.admin)).map(({ state, types }) => [state, types]).sort(),
    ).toEqual([
      ['following', 3],
      ['loading', 1],
      ['scheduled', 1],
    ]);
    await ask('DELETE', `/api/sync-schedules/${PORTAL}`);
    expect(await due()).toContain(PORTAL);
  }, 60_000);

  it('loses it at Temporal while nothing of it can be read, and has it back when something can', async () => {
    await follow();
    await set({ intervalMs: 60_000 });
    const isThere = async () => {
      await sweep();
      return (await timesAtTemporal()) !== undefined;
    };
    expect(await isThere()).toBe(true);
    await listed([PORTAL]);
    await ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'pause' });
    expect(await isThere()).toBe(false);
    expect((await ask('GET', `/api/sync-schedules/${PORTAL}`)).body).toMatchObject({
      applied: false,
      nextAt: null,
    });
    await listed([]);
    await ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'resume' });
    expect(await isThere()).toBe(true);
    await listed([PORTAL]);
    await endSyncs(harness.database.pool, { workspaceId: WORKSPACE, portalId: PORTAL });
    expect(await isThere()).toBe(false);
    await listed([]);
    // When what was mirrored is forgotten, its times are, too.
    await harness.database.admin.query(`UPDATE sync_states SET ended_at = now() - interval '31 days'`);
    await until(
      'all of it is forgotten',
      async () => {
        const { rows } = await harness.database.admin.query<{ n: number }>(
          'SELECT forget_mirrors(30, 100) AS n',
        );
        return rows[0]?.n === 0;
      },
      20_000,
    );
    expect((await ask('GET', `/api/sync-schedules/${PORTAL}`)).status).toBe(404);
  }, 60_000);

  it('is as the database has it after a restore of either side: what is missing is made, what is too much is removed', async () => {
    await follow();
    await follow(SECOND);
    await set({ intervalMs: 60_000 });
    await set(NIGHTLY, SECOND);
    await sweep();
    await listed([PORTAL, SECOND]);
    // Temporal has one that is gone here, one is gone there, and one has other times than here.
    await scheduleOf(PORTAL).delete();
    await createPortalSchedules(temporal).put(
      { workspaceId: WORKSPACE, portalId: THIRD },
      { ...NIGHTLY, intervalMs: null },
      'x',
    );
    await harness.database.admin.query(
      `UPDATE sync_schedules SET calendar = '0 5 * * *' WHERE portal_id = $1`,
      [SECOND],
    );
    await listed([SECOND, THIRD]);
    expect(await sweep()).toBe(3);
    await listed([PORTAL, SECOND]);
    expect((await timesAtTemporal(SECOND))?.spec.calendars).toMatchObject([{ hour: [{ start: 5 }] }]);
    expect(await sweep()).toBe(0);
  }, 60_000);

  it('is one of as many as a setting allows: one more is refused with the reason, and so are times that are none', async () => {
    await set({ intervalMs: 60_000 });
    await set({ intervalMs: 60_000 }, SECOND);
    expect(await set({ intervalMs: 60_000 }, THIRD)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('At most 2 portals') as unknown },
    });
    expect((await set({ intervalMs: 120_000 }, SECOND)).status).toBe(200);
    await ask('DELETE', `/api/sync-schedules/${SECOND}`);
    expect((await set({ intervalMs: 60_000 }, THIRD)).status).toBe(200);
    for (const wrong of [
      {},
      { intervalMs: 59_999 },
      { intervalMs: 60_000, calendar: '0 2 * * *', timeZone: 'UTC' },
      { calendar: '0 2 * * *' },
      { calendar: '0 24 * * *', timeZone: 'UTC' },
      { calendar: '@daily', timeZone: 'UTC' },
      { calendar: '0 2 * * *', timeZone: 'Mars/Olympus' },
    ])
      expect((await set(wrong)).status).toBe(400);
    expect((await set({ intervalMs: 60_000 }, FOREIGN)).status).toBe(404);
    const page = await ask('GET', '/api/sync-schedules');
    expect((page.body.items as { portalId: number }[]).map(({ portalId }) => portalId)).toEqual(
      [PORTAL, THIRD].sort((a, b) => a - b),
    );
  });

  it('is read when its Schedule starts: each type by a search, and by a workflow where there is more', async () => {
    await crm.create('contacts', { email: 'ann@example.com' });
    await follow(
      PORTAL,
      'contacts',
      `cursor = '{"version":1,"kind":"follow","from":${Date.now() - 3_600_000}}'`,
    );
    await follow(PORTAL, 'companies', `cursor = '{"version":2,"kind":"load"}'`);
    await follow(PORTAL, 'deals', 'paused_at = now(), due_at = NULL');
    await set(NIGHTLY);
    await sweep();
    const started: string[] = [];
    const native = await NativeConnection.connect({ address: givenTemporalAddress() });
    try {
      const worker = await Worker.create({
        ...{ connection: native, namespace, workflowsPath, taskQueue: queueName(PREFIX, 'upkeep') },
        activities: createPortalActivities({
          ...{ pool: harness.database.pool, gateway, clock: { nowMs: () => Date.now() }, logger },
          metrics: createSyncInstruments(createMetrics('test', logger)),
          temporal: {
            startSync: ({ objectType }) => {
              started.push(objectType);
              return Promise.resolve();
            },
          },
          stopping: new AbortController().signal,
        }),
      });
      const result = await worker.runUntil(async () => {
        await scheduleOf(PORTAL).trigger();
        const action = await until(
          'the Schedule has started its workflow',
          async () => (await scheduleOf(PORTAL).describe()).info.recentActions.at(-1)?.action,
          20_000,
        );
        return client.workflow.getHandle(action.workflow.workflowId).result();
      });
      expect(result).toEqual({ probed: 1, changed: 1, started: 1, failed: 0 });
      expect(started).toEqual(['companies']);
      expect(gateway.asked).toContain('searchObjects');
    } finally {
      await native.close();
    }
  }, 60_000);
});
