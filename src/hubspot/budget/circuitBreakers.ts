import { moveBreaker } from '../../db/hubspot/blocks.js';
import type { Queryable } from '../../db/pool.js';
import {
  CLOSED,
  nextBreaker,
  openForMs,
  type Breaker,
  type BreakerEvent,
  type BreakerObservation,
} from '../../domain/hubspot/circuitBreaker.js';
import type { Logger } from '../../platform/logger.js';
import type { Budget } from './permit.js';
import { workspaceOf, type PortalWorkspaces } from './portalWorkspaces.js';

/** The circuit breakers of portals, as one process takes part in them (domain/hubspot/circuitBreaker.ts). */
export interface CircuitBreakers {
  /** HubSpot answered for the portal, or did not. */
  note(portalId: number, event: BreakerObservation): void;
  /** How often the breaker has opened in a row, as the database says. */
  applyStored(portalId: number, opens: number): void;
  /** Waits until the database has what this process found out. */
  stop(): Promise<void>;
}

export interface BreakerMetrics {
  breakerChanged(event: { portalId: number; to: 'open' | 'closed' }): void;
}

interface Dependencies {
  readonly pool: Queryable;
  readonly workspaces: PortalWorkspaces;
  /** The budgets that give out nothing while the portal's breaker is open. */
  readonly budgets: () => readonly Pick<Budget, 'block' | 'unblock'>[];
  readonly logger: Logger;
  readonly metrics?: BreakerMetrics | undefined;
  readonly random: () => number;
}

/** Why a bucket is blocked while the breaker is open, or while its one request is under way. */
export const BREAKER_REASONS: readonly string[] = ['breaker', 'probe'];

export function createCircuitBreakers(deps: Dependencies): CircuitBreakers {
  const { pool, workspaces, budgets, logger, metrics, random } = deps;
  /** Breakers that are not at rest. */
  const breakers = new Map<number, Breaker>();
  const moving = new Map<number, Promise<void>>();

  function apply(portalId: number, event: BreakerEvent): void {
    const { breaker, action } = nextBreaker(breakers.get(portalId) ?? CLOSED, event);
    if (breaker.failures === 0 && breaker.opens === 0) breakers.delete(portalId);
    else breakers.set(portalId, breaker);
    if (action === undefined || moving.has(portalId)) return;
    const move = (action === 'open' ? open : close)(portalId, breaker.opens)
      .catch((error: unknown) => {
        logger.warn('A circuit breaker could not be shared with the other processes', {
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
    for (const budget of budgets()) budget.block(portalId, ms, 'breaker', stored);
    const result = await stored;
    apply(portalId, { kind: 'stored', opens: result.opens });
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
    if (!result.changed && result.opens > 0) return apply(portalId, { kind: 'stored', opens: result.opens });
    apply(portalId, { kind: 'stored', opens: 0 });
    for (const budget of budgets()) budget.unblock(portalId, BREAKER_REASONS);
    if (!result.changed) return;
    logger.info('HubSpot answers for this portal again: its circuit breaker closes', { portalId });
    metrics?.breakerChanged({ portalId, to: 'closed' });
  }

  async function move(portalId: number, opens: number, ms: number | null) {
    const workspaceId = await workspaceOf(workspaces, portalId);
    return moveBreaker(pool, { workspaceId, portalId }, opens, ms);
  }

  return {
    note(portalId, event) {
      if (event.kind === 'failed' || breakers.has(portalId)) apply(portalId, event);
    },
    applyStored(portalId, opens) {
      if (opens > 0 || breakers.has(portalId)) apply(portalId, { kind: 'stored', opens });
    },
    async stop() {
      await Promise.all(moving.values());
    },
  };
}
