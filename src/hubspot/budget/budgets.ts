import type { Config } from '../../platform/config/config.js';
import { blockBucket, moveBreaker } from '../../db/hubspot/blocks.js';
import type { Queryable } from '../../db/pool.js';
import {
  CLOSED,
  nextBreaker,
  openForMs,
  type Breaker,
  type BreakerEvent,
} from '../../domain/hubspot/breaker.js';
import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Logger } from '../../platform/logger.js';
import { createBudget, type Budget, type BudgetMetrics } from './budget.js';
import type { PortalWorkspaces } from './portalWorkspaces.js';

/*
 * All limits of the portals: a budget per ring, and what holds for all rings of a portal at once, which is HubSpot's word about the portal
 * and the circuit breaker.
 */

export interface Budgets {
  of(bucket: Bucket): Budget;
  /** HubSpot said to leave the ring, or with `portal` all of it, alone: no process gets a permit for `ms`. */
  block(portalId: number, bucket: Bucket | 'portal', ms: number, reason: string): Promise<void>;
  /** HubSpot answered, or did not: what opens and closes the portal's circuit breaker. */
  note(portalId: number, event: Exclude<BreakerEvent, { kind: 'told' }>): void;
  stop(): Promise<void>;
}

export interface BudgetsMetrics extends BudgetMetrics {
  breakerChanged(event: { portalId: number; to: 'open' | 'closed' }): void;
}

export type BudgetsConfig = Pick<
  Config,
  | 'BUDGET_SLOTS'
  | 'BUDGET_INTERVAL_MS'
  | 'BUDGET_SEARCH_SLOTS'
  | 'BUDGET_ASSOCIATION_SLOTS'
  | 'BUDGET_OAUTH_SLOTS'
>;

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

/** Why a ring is blocked while the breaker is open, or its one request is under way. */
export const BREAKER_REASONS: readonly string[] = ['breaker', 'probe'];

/** What of each limit is used, per portal. Search and OAuth are limited by the second (HUBSPOT §4). */
export function bucketLimits(config: BudgetsConfig): Record<Bucket, { slots: number; intervalMs: number }> {
  return {
    ten_secondly: { slots: config.BUDGET_SLOTS, intervalMs: config.BUDGET_INTERVAL_MS },
    search: { slots: config.BUDGET_SEARCH_SLOTS, intervalMs: 1000 },
    associations: { slots: config.BUDGET_ASSOCIATION_SLOTS, intervalMs: 10_000 },
    oauth: { slots: config.BUDGET_OAUTH_SLOTS, intervalMs: 1000 },
  };
}

/** The budgets of one process. Those that nobody asks cost nothing. */
export function createBudgets(deps: Dependencies): Budgets {
  const { pool, owner, workspaces, logger, metrics } = deps;
  const random = deps.random ?? Math.random;
  const limits = bucketLimits(deps.config);
  /** Of portals whose breaker is not at rest. */
  const breakers = new Map<number, Breaker>();
  const moving = new Map<number, Promise<void>>();

  const budgetOf = (bucket: Bucket): Budget =>
    createBudget({
      pool,
      owner,
      bucket,
      ...limits[bucket],
      workspaces,
      logger,
      ...(metrics ? { metrics } : {}),
      ...(deps.leaseMs === undefined ? {} : { leaseMs: deps.leaseMs }),
      breakerSeen: (portalId, opens) => {
        if (bucket === 'oauth') return;
        if (opens > 0 || breakers.has(portalId)) apply(portalId, { kind: 'told', opens });
      },
    });
  const budgets: Record<Bucket, Budget> = {
    ten_secondly: budgetOf('ten_secondly'),
    search: budgetOf('search'),
    associations: budgetOf('associations'),
    oauth: budgetOf('oauth'),
  };
  /** What holds for a portal holds for all but its token requests, which are none of the portal's. */
  const all = [budgets.ten_secondly, budgets.search, budgets.associations];

  function apply(portalId: number, event: BreakerEvent): void {
    const { breaker, action } = nextBreaker(breakers.get(portalId) ?? CLOSED, event);
    if (breaker.failures === 0 && breaker.opens === 0) breakers.delete(portalId);
    else breakers.set(portalId, breaker);
    if (action === undefined || moving.has(portalId)) return;
    const move = (action === 'open' ? open : close)(portalId, breaker.opens)
      .catch((error: unknown) => {
        logger.warn('A circuit breaker could not be told to the other processes', {
          portalId,
          action,
          error,
        });
      })
      .finally(() => moving.delete(portalId));
    moving.set(portalId, move);
  }

  async function open(portalId: number, opens: number): Promise<void> {
    const ms = openForMs(opens, random);
    const stored = move(portalId, opens, ms);
    for (const budget of all) budget.hold(portalId, ms, 'breaker', stored);
    const result = await stored;
    apply(portalId, { kind: 'told', opens: result.opens });
    if (!result.changed) return;
    logger.warn('HubSpot does not answer for this portal: its circuit breaker opens', {
      portalId,
      opens: result.opens,
      forMs: ms,
    });
    metrics?.breakerChanged({ portalId, to: 'open' });
  }

  async function close(portalId: number, opens: number): Promise<void> {
    const result = await move(portalId, opens, null);
    if (!result.changed && result.opens > 0) return apply(portalId, { kind: 'told', opens: result.opens });
    apply(portalId, { kind: 'told', opens: 0 });
    for (const budget of all) budget.lift(portalId, BREAKER_REASONS);
    if (!result.changed) return;
    logger.info('HubSpot answers for this portal again: its circuit breaker closes', { portalId });
    metrics?.breakerChanged({ portalId, to: 'closed' });
  }

  async function move(portalId: number, opens: number, ms: number | null) {
    return moveBreaker(pool, { workspaceId: await workspaceOf(portalId), portalId }, opens, ms);
  }

  async function workspaceOf(portalId: number): Promise<string> {
    await workspaces.learn([portalId]);
    return workspaces.known(portalId) ?? '';
  }

  return {
    of: (bucket) => budgets[bucket],
    async block(portalId, bucket, ms, reason) {
      const stored = workspaceOf(portalId).then((workspaceId) =>
        blockBucket(pool, { workspaceId, portalId, bucket }, ms, reason),
      );
      for (const budget of bucket === 'portal' ? all : [budgets[bucket]])
        budget.hold(portalId, ms, reason, stored);
      await stored;
    },
    note(portalId, event) {
      if (event.kind === 'failed' || breakers.has(portalId)) apply(portalId, event);
    },
    async stop() {
      await Promise.all(Object.values(budgets).map((budget) => budget.stop()));
      await Promise.all(moving.values());
    },
  };
}
