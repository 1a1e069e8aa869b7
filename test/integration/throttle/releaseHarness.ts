import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createThrottleActivities,
  type ReleaseProgress,
} from '../../../src/activities/throttle/throttleActivities.js';
import { createReleaser, type Releaser } from '../../../src/activities/throttle/releaser.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createBudgets, type Budgets } from '../../../src/hubspot/budget/budgets.js';
import { createPortalWorkspaces } from '../../../src/hubspot/budget/portalWorkspaces.js';
import { createGateway, type Gateway } from '../../../src/hubspot/gateway/gateway.js';
import { createTransport, type Transport } from '../../../src/hubspot/wire/transport.js';
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

const DOES_NOT_DIGEST = JSON.stringify({ status: 'error', message: 'internal error', correlationId: 'c-1' });

/** The release as it is in production, without Temporal: real database, real gateway, the sandbox as HubSpot. */
export function useRelease() {
  let db: TestDatabase;
  let hubspot: Harness;
  let portal: Awaited<ReturnType<Harness['portal']>>;
  let budgets: Budgets;
  let gateway: Gateway;
  let releaser: Releaser;
  let resumed: { portalId: number; lastedMs: number }[];
  let nextPortal = 700;
  /** Callbacks to which, and to each batch with one of them, the answer is 500. */
  const undigested = new Set<string>();

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
    resumed = [];
    undigested.clear();
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
      transport: transport(),
      config: { HUBSPOT_API_BASE_URL: hubspot.url, HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} },
    });
    releaser = createReleaser({
      pool: db.pool,
      gateway,
      owner: `test-${nextPortal}`,
      config: times,
      logger,
      metrics,
      suspensionOver: (portal, lastedMs) => void resumed.push({ ...portal, lastedMs }),
    });
  });
  afterEach(async () => {
    await releaser.stop();
    await gateway.close();
    await budgets.stop();
  });

  function transport(): Transport {
    const real = createTransport(hubspot.url);
    return {
      ...real,
      send: (request) =>
        [...undigested].some((callbackId) => request.body?.includes(`"${callbackId}"`))
          ? Promise.resolve({ kind: 'answered', status: 500, headers: {}, body: DOES_NOT_DIGEST })
          : real.send(request),
    };
  }

  /** Executions that HubSpot holds and that wait here, in one pack. */
  async function waiting(count: number, rate = { limit: 1000, intervalMs: 1000 }) {
    const seen = hubspot.calls.length;
    const held = async (): Promise<number> =>
      (await hubspot.control('GET', `/enrolments?portalId=${portal.portalId}`)).body.byState.waiting ?? 0;
    const before = await held();
    await portal.enrol(count);
    await until('HubSpot holds them', () => hubspot.calls.length >= seen + count, 10_000);
    await until('HubSpot read our answers', async () => (await held()) === before + count, 10_000);
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

  return {
    get db() {
      return db;
    },
    get hubspot() {
      return hubspot;
    },
    get portal() {
      return portal;
    },
    get gateway() {
      return gateway;
    },
    get releaser() {
      return releaser;
    },
    /** The portals whose releases went on after a suspension. */
    get resumed() {
      return resumed;
    },
    undigested,
    waiting,
    release,
    totals,
    states,
  };
}
