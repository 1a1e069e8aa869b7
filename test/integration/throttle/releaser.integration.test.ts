import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createThrottleActivities,
  type ReleaseProgress,
} from '../../../src/activities/throttle/throttleActivities.js';
import { createCompletion } from '../../../src/activities/throttle/completion.js';
import { createReleaser, type Releaser } from '../../../src/activities/throttle/releaser.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { admitReleases } from '../../../src/db/throttle/admitReleases.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createBudgets, type Budgets } from '../../../src/hubspot/budget/budgets.js';
import { createPortalWorkspaces } from '../../../src/hubspot/budget/portalWorkspaces.js';
import { createGateway, type Gateway } from '../../../src/hubspot/gateway/gateway.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createReleaseInstruments } from '../../../src/activities/throttle/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { plainTokens } from '../../support/tokens.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callFor, LIMITS, ours, seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startHarness, type Harness } from '../sandbox/harness.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const metrics = createReleaseInstruments(createMetrics('test'));
const times = { THROTTLE_MIN_HOLD_MS: 0, THROTTLE_HORIZON_MS: 2000, THROTTLE_EXPIRY_GUARD_MS: 1000 };

/** The release as it is in production, without Temporal: real database, real gateway, the sandbox as HubSpot. */
describe('the release', () => {
  let db: TestDatabase;
  let hubspot: Harness;
  let portal: Awaited<ReturnType<Harness['portal']>>;
  let budgets: Budgets;
  let gateway: Gateway;
  let releaser: Releaser;
  let nextPortal = 700;

  beforeAll(async () => {
    db = await createTestDatabase({ poolSize: 10 });
    hubspot = await startHarness();
  });
  afterAll(async () => {
    await hubspot.close();
    await db.drop();
  });

  beforeEach(async () => {
    await hubspot.control('DELETE', '/faults');
    await hubspot.control('PATCH', '/settings', { unknownCallbacks: 'accept' });
    portal = await hubspot.portal({ portalId: (nextPortal += 1), lifetimeSeconds: null });
    budgets = createBudgets({
      pool: db.pool,
      owner: `test-${nextPortal}`,
      config: {
        BUDGET_SLOTS: 110,
        BUDGET_INTERVAL_MS: 10_000,
        BUDGET_SEARCH_SLOTS: 4,
        BUDGET_ASSOCIATION_SLOTS: 100,
        BUDGET_OAUTH_SLOTS: 4,
      },
      workspaces: createPortalWorkspaces(createPortalResolver(db.pool)),
      logger,
    });
    const tokens = plainTokens(db.pool, portal);
    gateway = createGateway({
      budgets,
      tokens,
      logger,
      config: { HUBSPOT_API_BASE_URL: hubspot.url, HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} },
    });
    releaser = createReleaser({
      pool: db.pool,
      gateway,
      owner: `test-${nextPortal}`,
      config: times,
      logger,
      metrics,
    });
  });
  afterEach(async () => {
    await releaser.stop();
    await gateway.close();
    await budgets.stop();
  });

  /** Executions that HubSpot holds and that wait here, in one pack. */
  async function waiting(count: number, rate = { limit: 1000, intervalMs: 1000 }) {
    const seen = hubspot.calls.length;
    await portal.enrol(count);
    await until('HubSpot holds them', () => hubspot.calls.length >= seen + count, 10_000);
    await until(
      'HubSpot read our answers',
      async () =>
        (await hubspot.control('GET', `/enrolments?portalId=${portal.portalId}`)).body.byState.waiting ===
        count,
      10_000,
    );
    const laneId = await seedLane(db.admin, { ...rate, portalId: portal.portalId });
    const callbackIds = hubspot.calls.slice(seen).map((call) => call.callbackId);
    await intakeExecutions(
      db.pool,
      callbackIds.map((id) => callFor(laneId, id, portal.portalId)),
      LIMITS,
    );
    const pack = await takePack(db.pool, ours(laneId), 100);
    if (!pack) throw new Error('nothing to take');
    return { laneId, callbackIds, packId: pack.packId };
  }

  function release(packId: string, using = releaser): Promise<ReleaseProgress> {
    const activities = createThrottleActivities({ pool: db.pool, releaser: using, config: times, logger });
    return new MockActivityEnvironment().run(activities.releaseExecutions, {
      workspaceId: WORKSPACE,
      packId,
    });
  }

  const totals = async () => (await hubspot.report(`?windowMs=1000&portalId=${portal.portalId}`)).totals;
  const states = async (packId: string) => {
    const { rows } = await db.admin.query<{ state: string; count: number }>(
      'SELECT state, count(*)::int FROM execution_history WHERE pack_id = $1 GROUP BY state ORDER BY state',
      [packId],
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.count]));
  };

  it('completes what is due in one call, and sends the outputs that people branch on', async () => {
    const { packId, callbackIds } = await waiting(20);
    expect(await release(packId)).toEqual({ remaining: 0, nextInMs: null, ended: { completed: 20 } });
    expect(await states(packId)).toEqual({ completed: 20 });
    expect(await totals()).toMatchObject({ completed: 20, completedTwice: 0 });
    const { outputs } = await hubspot.execution(callbackIds[0]!);
    expect(outputs).toMatchObject({
      hs_execution_state: 'SUCCESS',
      sluice_status: 'released',
      sluice_wait_seconds: expect.stringMatching(/^\d+$/),
    });
    const { portals } = await hubspot.report(`?windowMs=1000&portalId=${portal.portalId}`);
    expect(portals[0].calls).toBe(1);
  });

  it('says when the rest can go, and does not wait for it', async () => {
    const { packId } = await waiting(5, { limit: 3, intervalMs: 60_000 });
    const progress = await release(packId);
    expect(progress).toMatchObject({ remaining: 2, ended: { completed: 3 } });
    expect(progress.nextInMs).toBeGreaterThan(55_000);
  });

  it('goes on within the horizon, window after window', async () => {
    const { packId } = await waiting(6, { limit: 2, intervalMs: 500 });
    expect(await release(packId)).toMatchObject({ remaining: 0, ended: { completed: 6 } });
    const { lanes } = await hubspot.report(`?windowMs=500&portalId=${portal.portalId}`);
    expect(lanes[0].maxInWindow).toBe(2);
  });

  it('finishes the others when HubSpot refuses a batch for one callback, which ends as gone', async () => {
    await hubspot.control('PATCH', '/settings', { unknownCallbacks: 'reject' });
    const { packId, callbackIds } = await waiting(40);
    await hubspot.control('POST', `/callbacks/${callbackIds[17]}/expire`);
    expect(await release(packId)).toMatchObject({ remaining: 0, ended: { completed: 39, gone: 1 } });
    const { rows } = await db.admin.query(
      'SELECT callback_id, reason FROM execution_history WHERE pack_id = $1 AND state = $2',
      [packId, 'gone'],
    );
    expect(rows).toEqual([
      { callback_id: callbackIds[17], reason: expect.stringContaining('does not know the callback') },
    ]);
  });

  it('has one deadline for all calls of a batch that is halved, within its lease, and keeps what it does not reach', async () => {
    const { laneId, packId } = await waiting(8);
    const { admitted } = await admitReleases(db.pool, {
      ...{ workspaceId: WORKSPACE, laneIds: [laneId], max: 100, owner: 'test', leaseMs: 10_000, holdMs: 0 },
    });
    const deadlines: number[] = [];
    const slow: Pick<Gateway, 'request'> = {
      async request({ deadlineMs }) {
        deadlines.push(performance.now() + deadlineMs!);
        await delay(200);
        return { kind: 'invalid', status: 400, message: 'one is bad', properties: [], body: undefined };
      },
    };
    const deps = { pool: db.pool, logger, metrics, settled: () => {}, stop: new AbortController().signal };
    const completion = createCompletion({ ...deps, gateway: { ...gateway, ...slow }, deadlineMs: 500 });
    const permit = { portalId: portal.portalId, expiresInMs: Infinity, use() {}, giveBack() {} };
    const startedAt = performance.now();
    const againInMs = await completion.complete(
      { workspaceId: WORKSPACE, portalId: portal.portalId },
      admitted,
      permit,
    );
    expect(deadlines).toHaveLength(3);
    expect(Math.max(...deadlines)).toBeLessThan(startedAt + 600);
    expect(againInMs).toBeGreaterThan(0);
    expect(await states(packId)).toEqual({});
  });

  it('sends again what was answered 5xx, garbage, or not at all, and nothing is done twice', async () => {
    for (const kind of ['html', 'answerLost', 'truncated', 'reset']) {
      const { packId } = await waiting(3);
      await hubspot.control('POST', '/faults', {
        target: 'callbacks',
        portalId: portal.portalId,
        kind,
        count: 1,
      });
      expect(await release(packId)).toMatchObject({ remaining: 0 });
      expect(await states(packId)).toEqual({ completed: 3 });
    }
    expect(await totals()).toMatchObject({ completed: 12, contradicted: 0, neverCompleted: 0 });
  }, 40_000);

  it('ends a completion that HubSpot calls invalid as failed, with its words', async () => {
    const { packId } = await waiting(1);
    await hubspot.control('POST', '/faults', {
      target: 'callbacks',
      portalId: portal.portalId,
      kind: 'status',
      status: 400,
      count: 1,
    });
    expect(await release(packId)).toMatchObject({ remaining: 0, ended: { failed: 1 } });
  });

  it('is done by any process that is awake: one that holds the lane completes the packs of others', async () => {
    const { laneId, packId } = await waiting(4);
    releaser.drive({ workspaceId: WORKSPACE, portalId: portal.portalId }, laneId, 0);
    await until('they are completed', async () => (await states(packId)).completed === 4, 5000);
    expect(await release(packId)).toMatchObject({ remaining: 0 });
  });

  it('returns at once when its process stops, with what is left', async () => {
    const { packId } = await waiting(3, { limit: 1, intervalMs: 1500 });
    const running = release(packId);
    await until('the first is completed', async () => (await states(packId)).completed === 1, 5000);
    await releaser.stop();
    expect(await running).toMatchObject({ remaining: 2, nextInMs: 0 });
  });

  it('goes on after a process that was killed between sending and booking, in the same place of the window', async () => {
    const { laneId, packId } = await waiting(2, { limit: 1, intervalMs: 60_000 });
    // what the dead process left: one admitted, its lease over
    await db.admin.query(`SELECT admit_releases($2, ARRAY[$1::bigint], 1, 'dead', 0, 0)`, [
      laneId,
      WORKSPACE,
    ]);
    const progress = await release(packId);
    expect(progress).toMatchObject({ remaining: 1, ended: { completed: 1 } });
    expect((await totals()).completed).toBe(1);
  });
});
