import { blockBucket } from '../../db/hubspot/blocks.js';
import type { Queryable } from '../../db/pool.js';
import type { BreakerObservation } from '../../domain/hubspot/circuitBreaker.js';
import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Logger } from '../../platform/logger.js';
import { bucketLimits, type BudgetsConfig } from './bucketLimits.js';
import { createBudget } from './budget.js';
import { createCircuitBreakers, type BreakerMetrics } from './circuitBreakers.js';
import type { Budget, BudgetMetrics } from './permit.js';
import { workspaceOf, type PortalWorkspaces } from './portalWorkspaces.js';

/*
 * All limits of the portals: a budget for each bucket, and what holds for all buckets of a portal at once: a block of
 * the whole portal, and the circuit breaker.
 */

export interface Budgets {
  of(bucket: Bucket): Budget;
  /**
   * HubSpot asked to leave the bucket, or with `portal` all of the portal, alone: no process gets a permit for `ms`.
   * Resolves when the database knows; in this process it holds at once.
   */
  block(portalId: number, bucket: Bucket | 'portal', ms: number, reason: string): Promise<void>;
  /** HubSpot answered, or did not: this opens and closes the portal's circuit breaker. */
  note(portalId: number, event: BreakerObservation): void;
  stop(): Promise<void>;
}

export interface BudgetsMetrics extends BudgetMetrics, BreakerMetrics {}

interface Dependencies {
  pool: Queryable;
  /** Names this process in the rows. */
  owner: string;
  config: BudgetsConfig;
  workspaces: PortalWorkspaces;
  logger: Logger;
  metrics?: BudgetsMetrics;
  random?: () => number;
  leaseMs?: number;
}

/** The budgets of one process. A budget that nobody asks costs nothing. */
export function createBudgets(deps: Dependencies): Budgets {
  const { config, random = Math.random, ...shared } = deps;
  const { pool, workspaces } = shared;
  const limits = bucketLimits(config);
  const breakers = createCircuitBreakers({ ...shared, random, budgets: () => ofPortal });
  const breakerSeen = (portalId: number, opens: number) => breakers.applyStored(portalId, opens);
  const budgets: Record<Bucket, Budget> = {
    ten_secondly: createBudget({ ...shared, bucket: 'ten_secondly', ...limits.ten_secondly, breakerSeen }),
    search: createBudget({ ...shared, bucket: 'search', ...limits.search, breakerSeen }),
    associations: createBudget({ ...shared, bucket: 'associations', ...limits.associations, breakerSeen }),
    oauth: createBudget({ ...shared, bucket: 'oauth', ...limits.oauth }),
  };
  /** What holds for a portal holds for all but its token requests, which do not count as the portal's. */
  const ofPortal = [budgets.ten_secondly, budgets.search, budgets.associations];

  return {
    of: (bucket) => budgets[bucket],
    async block(portalId, bucket, ms, reason) {
      const stored = workspaceOf(workspaces, portalId).then((workspaceId) =>
        blockBucket(pool, { workspaceId, portalId, bucket }, ms, reason),
      );
      for (const budget of bucket === 'portal' ? ofPortal : [budgets[bucket]])
        budget.block(portalId, ms, reason, stored);
      await stored;
    },
    note: (portalId, event) => breakers.note(portalId, event),
    async stop() {
      await Promise.all(Object.values(budgets).map((budget) => budget.stop()));
      await breakers.stop();
    },
  };
}
