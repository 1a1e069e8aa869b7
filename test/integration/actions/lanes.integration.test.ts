import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createActionPackActivities,
  type ActionPackActivities,
} from '../../../src/activities/actions/actionPackActivities.js';
import {
  createActionRunActivities,
  type ActionRunActivities,
} from '../../../src/activities/actions/actionRunActivities.js';
import { createRunCompleter } from '../../../src/activities/actions/runCompleter.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import type { Gateway } from '../../../src/hubspot/gateway/gateway.js';
import { createHideSecrets } from '../../../src/platform/hideSecrets.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createSecretsInUse } from '../../../src/platform/secretsInUse.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import type { Passes } from '../../../src/platform/passes.js';
import { defineAction, type AnyAction } from '../../../src/sdk/actions/actions.js';
import { z } from '../../../src/sdk/sluice.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { keptEffects } from '../../../src/services/actions/effects.js';
import { createPortalSettings } from '../../../src/services/actions/portalSettings.js';
import { createRunInstruments } from '../../../src/services/actions/instruments.js';
import { createRunPlaces } from '../../../src/services/actions/runPlaces.js';
import type { PackStart } from '../../../src/temporal/actions/starter.js';
import { createLaneAdmission } from '../../../src/worker/actions/laneAdmission.js';
import { createRunsSweep } from '../../../src/worker/actions/runsSweep.js';
import { callAction } from '../../support/actionCall.js';
import { seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7201;
const OTHER_PORTAL = 7202;
const LIMIT = 2;
const INTERVAL_MS = 500;
const WITHIN_MS = 15_000;
const shared = {
  ...{ version: 1, labels: { en: { actionName: 'Test' } } },
  input: z.object({ to: z.string() }),
  output: z.object({}),
};
/** When which handler began. */
const began: { to: string; at: number }[] = [];
const run = ({ input: { to } }: { input: { to: string } }) => {
  began.push({ to, at: performance.now() });
  return {};
};
const paced = defineAction({
  ...{ ...shared, name: 'paced', run },
  lane: { rate: { limit: LIMIT, intervalMs: INTERVAL_MS } },
});
const slow = defineAction({
  ...{ ...shared, name: 'slow', run },
  lane: { rate: { limit: 1, intervalMs: 3_600_000 }, queue: 'to' },
});
const gone = defineAction({ ...shared, name: 'gone', run, lane: {} });

describe('a lane of an action', () => {
  let api: ApiHarness;
  let steps: ActionRunActivities & ActionPackActivities;
  let calls = 0;
  const workers: Passes[] = [];
  const packs: PackStart[] = [];
  const running = new Set<Promise<unknown>>();

  beforeAll(async () => {
    api = await startApi({}, {}, undefined, undefined, undefined, { actions: [paced, slow, gone] });
    for (const portalId of [PORTAL, OTHER_PORTAL])
      await seedLane(api.database.admin, { portalId, limit: 1, intervalMs: 1000 });
    const { pool } = api.database;
    const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
    const gateway = {
      request: () => Promise.resolve({ kind: 'ok', status: 204, body: undefined }),
    } as unknown as Pick<Gateway, 'request'>;
    const sealing = createSealing(api.config.ENCRYPTION_KEYS, createDataKeys(pool));
    const deps = {
      ...{ pool, logger, actions, places: createRunPlaces(80), config: { THROTTLE_MIN_HOLD_MS: 0 } },
      ...{ gateway, completer: createRunCompleter(gateway), effects: keptEffects(pool) },
      ...{ secrets: new Map<string, never>(), hide: createHideSecrets([]) },
      portalResolver: createPortalResolver(pool),
      sealing,
      settings: createPortalSettings({ pool, sealing }),
      secretsInUse: createSecretsInUse(),
      metrics: createRunInstruments(createMetrics('test'), [...actions.keys()]),
      temporal: { startRun: () => Promise.resolve() },
    };
    steps = { ...createActionRunActivities(deps), ...createActionPackActivities(deps) };
  }, 60_000);
  afterAll(() => api.close());
  beforeEach(() => void (began.length = packs.length = 0));
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
    await Promise.all(running);
    await api.database.admin.query('TRUNCATE action_runs, lane_grants');
  });

  const actions = new Map<string, AnyAction>([paced, slow].map((one) => [one.name, one]));
  /** A worker's admission; packs are tried at once, or, where it dies first, by nobody. */
  function startWorker({ dies = false } = {}): Passes {
    const worker = createLaneAdmission({
      ...{ pool: api.database.pool, actions, owner: `worker-${workers.length}` },
      logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
      temporal: {
        async startPack(pack) {
          packs.push(pack);
          if (!dies) tryPack(pack);
        },
      },
    });
    workers.push(worker);
    worker.start();
    return worker;
  }
  function tryPack({ runs, ...pack }: PackStart): void {
    const trying = new MockActivityEnvironment()
      .run(steps.runPack, { ...pack, runIds: runs.map(({ runId }) => runId) })
      .finally(() => running.delete(trying));
    running.add(trying);
  }
  async function call(action: string, to = 'Ada', portalId = PORTAL): Promise<string> {
    const callbackId = `l-${(calls += 1)}`;
    const url = `${api.url}/api/hubspot/actions/${action}`;
    const { status, outputs } = await callAction({
      ...{ url, secret: 'secret', portalId, callbackId, inputFields: { to } },
    });
    expect([status, outputs['hs_execution_state']]).toEqual([200, 'BLOCK']);
    const { rows } = await api.database.admin.query<{ id: string }>(
      'SELECT id::text FROM action_runs WHERE callback_id = $1',
      [callbackId],
    );
    return rows[0]?.id ?? '';
  }
  async function callMany(count: number, action: string, to?: string, portalId?: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push(await call(action, to, portalId));
    return ids;
  }
  async function stateOf(id: string): Promise<Record<string, unknown>> {
    const { rows } = await api.database.admin.query<Record<string, unknown>>(
      'SELECT state, error_code, attempts, turn FROM action_runs WHERE id = $1',
      [id],
    );
    return rows[0] ?? {};
  }
  const haveBegun = (count: number) =>
    until(`${count} have begun`, () => Promise.resolve(began.length >= count), WITHIN_MS);
  /** What a round of the sweep asks of Temporal. */
  async function swept(): Promise<string[]> {
    const asked: string[] = [];
    const sweep = createRunsSweep(api.database.admin, {
      startPack: async ({ runs }) => void asked.push(`pack ${runs.map(({ runId }) => runId).join()}`),
      startRun: async ({ runId }) => void asked.push(`start ${runId}`),
      bringToEnd: async ({ runId }) => void asked.push(`end ${runId}`),
    });
    await sweep.run(new AbortController().signal);
    return asked;
  }
  const makeDue = () =>
    api.database.admin.query(`UPDATE action_runs SET due_at = clock_timestamp() - interval '1 minute'`);

  it('lets so many begin in any window, by two workers and after one has gone', async () => {
    await callMany(5 * LIMIT, 'paced');
    const first = startWorker();
    startWorker();
    await haveBegun(2 * LIMIT);
    await first.close();
    startWorker();
    await haveBegun(5 * LIMIT);
    began.slice(LIMIT).forEach(({ at }, n) =>
      // A millisecond: the two clocks are read apart.
      expect(at - began[n]!.at).toBeGreaterThan(INTERVAL_MS - 1),
    );
    expect(new Set(packs.flatMap(({ runs }) => runs.map(({ runId }) => runId))).size).toBe(5 * LIMIT);
  });

  it('is of one queue and one portal: another one is not held up', async () => {
    await callMany(3, 'slow', 'Ada');
    await call('slow', '  ADA ');
    await call('slow', 'Grace');
    await call('slow', 'Ada', OTHER_PORTAL);
    startWorker();
    await haveBegun(3);
    await call('paced', 'last');
    await haveBegun(4);
    expect(began.map(({ to }) => to).sort()).toEqual(['Ada', 'Ada', 'Grace', 'last']);
  });

  it('ends one that is cancelled while it waits, and the next has its turn', async () => {
    const [first, second, third] = await callMany(3, 'slow');
    await api.api.must('POST', `/api/actions/runs/${second}/cancel`);
    expect(await stateOf(second!)).toMatchObject({
      state: 'completing',
      error_code: 'cancelled',
      turn: null,
    });
    startWorker();
    await haveBegun(1);
    expect(packs.map(({ runs }) => runs.map(({ runId }) => runId))).toEqual([[first]]);
    expect(await stateOf(third!)).toMatchObject({ state: 'waiting', attempts: 0, turn: null });
  });

  it('is passed by nobody: neither the sweep nor a workflow begins one whose turn has not come', async () => {
    const id = await call('slow');
    const ref = { workspaceId: '00000000-0000-4000-8000-000000000001', portalId: PORTAL, runId: id };
    expect(await swept()).toEqual([]);
    await new MockActivityEnvironment().run(steps.tryRun, { ...ref, action: 'slow' });
    tryPack({ ...ref, action: 'slow', runs: [{ runId: id, callbackId: '' }] });
    await Promise.all(running);
    expect(await stateOf(id)).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(began).toEqual([]);
  });

  it('has one begin that was admitted and not started, in its place', async () => {
    const [first, second] = await callMany(2, 'slow');
    startWorker({ dies: true });
    await until('it was admitted', () => Promise.resolve(packs.length > 0), WITHIN_MS);
    expect(await swept()).toEqual([]);
    await makeDue();
    await api.database.admin.query(
      `UPDATE lane_grants SET lease_until = clock_timestamp() - interval '1 minute'`,
    );
    await api.database.admin.query('UPDATE action_runs SET due_at = give_up_at WHERE id = $1', [second]);
    expect(await swept()).toEqual([`pack ${first}`]);
    tryPack(packs[0]!);
    await haveBegun(1);
    await Promise.all(running);
    expect(await stateOf(first!)).toMatchObject({ state: 'completed', attempts: 1 });
    expect(await stateOf(second!)).toMatchObject({ state: 'waiting', turn: null });
  });

  it('ends one that HubSpot would give up before its turn, without its handler', async () => {
    const id = await call('slow');
    await api.database.admin.query(
      `UPDATE action_runs SET give_up_at = clock_timestamp() - interval '1 second', due_at = clock_timestamp() - interval '1 second'`,
    );
    startWorker();
    expect(await swept()).toEqual([`pack ${id}`]);
    tryPack({
      ...{ workspaceId: '00000000-0000-4000-8000-000000000001', portalId: PORTAL, action: 'slow' },
      runs: [{ runId: id, callbackId: '' }],
    });
    await Promise.all(running);
    expect(await stateOf(id)).toMatchObject({ state: 'failed', error_code: 'gave_up', turn: null });
    expect(began).toEqual([]);
    // A retry waits for the turn that never came.
    await api.api.must('POST', `/api/actions/runs/${id}/retry`);
    await haveBegun(1);
  });

  it('waits while its action is not defined in the worker', async () => {
    const id = await call('gone');
    startWorker();
    await call('paced');
    await haveBegun(1);
    expect(await stateOf(id)).toMatchObject({ state: 'waiting', turn: null });
    actions.set('gone', gone);
    await haveBegun(2);
    expect(await stateOf(id)).toMatchObject({ attempts: 1 });
  });

  it('is among the lanes of the portal, with how many wait, and keeps the rate that an operator sets', async () => {
    await callMany(3, 'slow', 'Hopper');
    const { rows } = await api.database.admin.query<{ id: string }>(
      `SELECT id::text FROM lanes WHERE key = 'action:slow/hopper'`,
    );
    const lane = `/api/lanes/${rows[0]?.id}`;
    expect(await api.api.must('GET', lane)).toMatchObject({
      ...{ key: 'action:slow/hopper', queue: 'Hopper', waiting: 3, window: { used: 0 } },
    });
    await api.api.must('PATCH', lane, { paused: { reason: 'the partner is away' } });
    startWorker();
    await call('paced');
    await haveBegun(1);
    await api.api.must('PATCH', lane, { paused: false, rate: { limit: 2, intervalMs: 3_600_000 } });
    await haveBegun(3);
    await Promise.all(running);
    expect(await api.api.must('GET', lane)).toMatchObject({ waiting: 1, window: { used: 2 } });
    await call('slow', 'Hopper');
    expect(await api.api.must('GET', lane)).toMatchObject({ waiting: 2, rate: { limit: 2 } });
  });

  it('is found by its index, however many runs there are', async () => {
    await call('slow');
    const plan = async (where: string) => {
      const client = await api.database.admin.connect();
      try {
        await client.query('BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(
          `EXPLAIN SELECT id FROM action_runs WHERE lane_id IS NOT NULL AND state = 'waiting' AND turn IS NULL AND ${where}`,
        );
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    };
    for (const where of ['lane_id = 1 ORDER BY id LIMIT 5', 'lane_id > 1 ORDER BY lane_id, id LIMIT 1']) {
      const found = await plan(where);
      expect(found).toContain('action_runs_in_lane');
      expect(found).not.toContain('Sort');
    }
  });
});
