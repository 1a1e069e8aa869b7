import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type pg from 'pg';
import { bucketUsage } from '../../src/db/hubspot/budgetUsage.js';
import type { Queryable } from '../../src/db/pool.js';
import { createPortalResolver } from '../../src/db/portals/portalResolver.js';
import { forWorkspace } from '../../src/db/tenant.js';
import type { Budget, Permit } from '../../src/hubspot/budget/permit.js';
import { createBudgets, type Budgets, type BudgetsMetrics } from '../../src/hubspot/budget/budgets.js';
import { createPortalWorkspaces } from '../../src/hubspot/budget/portalWorkspaces.js';
import { createLogger } from '../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/*
 * Each budget here stands for a process: they share the database and nothing else. Times are short, in the
 * proportions of production.
 */

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
export const LEASE_MS = 800;
export const WORKSPACE = '00000000-0000-4000-8000-000000000001';

export interface BudgetProcess {
  budgets: Budgets;
  /** Of the ten-secondly limit. */
  budget: Budget;
  statements: number;
  /** Statements that failed because the database was away. */
  refused: number;
  /** From here on it says nothing to the database, like a process that was killed. */
  die(): void;
  /** Until then the database is away. */
  cutOff: boolean;
}

interface Changes {
  slots?: number;
  intervalMs?: number;
  searchSlots?: number;
  leaseMs?: number;
  metrics?: Partial<BudgetsMetrics>;
}

/** A database for the tests of a file, and the processes that share it; those of one test are stopped after it. */
export function budgetProcesses() {
  let db: TestDatabase;
  let lastPortal = 1000;
  const running: BudgetProcess[] = [];

  const stopAll = () => Promise.all(running.splice(0).map(({ budgets }) => budgets.stop()));
  beforeAll(async () => {
    db = await createTestDatabase({ poolSize: 12 });
    await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ('${WORKSPACE}', 'test')`);
  });
  afterEach(stopAll);
  afterAll(() => db.drop());

  async function portals(count = 1): Promise<number[]> {
    const ids = Array.from({ length: count }, () => (lastPortal += 1));
    await db.admin.query(
      `INSERT INTO portals (portal_id, workspace_id) SELECT id, '${WORKSPACE}' FROM unnest($1::bigint[]) AS u (id)`,
      [ids],
    );
    return ids;
  }

  async function portal(): Promise<number> {
    const [id] = await portals();
    return id!;
  }

  function start(changes: Changes = {}): BudgetProcess {
    const process: BudgetProcess = {
      budgets: undefined as never,
      budget: undefined as never,
      statements: 0,
      refused: 0,
      cutOff: false,
      die: () => (dead = true),
    };
    let dead = false;
    const query = async (...query: unknown[]) => {
      if (dead) return new Promise(() => {});
      if (process.cutOff) {
        process.refused += 1;
        throw Object.assign(new Error('terminating connection'), { code: '57P01' });
      }
      process.statements += 1;
      return (db.pool.query as (...query: unknown[]) => Promise<pg.QueryResult>)(...query);
    };
    const pool = { query } as unknown as Queryable;
    process.budgets = createBudgets({
      pool,
      owner: `p${running.length}`,
      config: {
        BUDGET_SLOTS: changes.slots ?? 10,
        BUDGET_INTERVAL_MS: changes.intervalMs ?? 1000,
        BUDGET_SEARCH_SLOTS: changes.searchSlots ?? 4,
        BUDGET_ASSOCIATION_SLOTS: 100,
        BUDGET_OAUTH_SLOTS: 4,
      },
      workspaces: createPortalWorkspaces(createPortalResolver(pool)),
      leaseMs: changes.leaseMs ?? LEASE_MS,
      logger,
      metrics: { budgetWait() {}, slotLost() {}, breakerChanged() {}, ...changes.metrics },
    });
    process.budget = process.budgets.of('ten_secondly');
    // A dead one cannot be stopped: its last statement never comes back.
    running.push(process);
    process.die = () => {
      dead = true;
      running.splice(running.indexOf(process), 1);
    };
    return process;
  }

  /** The ten-secondly bucket, as the portal's workspace sees it. */
  async function usage(portalId: number, slots = 10) {
    const of = { ten_secondly: slots, search: 4, associations: 100, oauth: 4 };
    const buckets = await bucketUsage(forWorkspace(db.pool, WORKSPACE), portalId, of);
    const bucket = buckets.find((one) => one.bucket === 'ten_secondly')!;
    return { ...bucket, free: slots - bucket.used };
  }

  return { database: () => db, portals, portal, start, usage, stopAll };
}

/** The shortest time in which one more than the limit arrived. */
export function tightest(arrivals: number[], slots: number): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  return Math.min(...sorted.slice(slots).map((at, k) => at - sorted[k]!));
}

/** As many permits at once, for completions. */
export async function drain(budget: Budget, portalId: number, count: number): Promise<Permit[]> {
  return Promise.all(Array.from({ length: count }, () => budget.acquire(portalId, 'completion')));
}
