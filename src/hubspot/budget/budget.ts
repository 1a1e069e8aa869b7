import type { BucketShape } from '../../db/hubspot/exchangeSlots.js';
import { isTransientDatabaseError, type Queryable } from '../../db/pool.js';
import type { Bucket } from '../../domain/hubspot/buckets.js';
import { PACED, PRIORITIES, WEIGHTS } from '../../domain/hubspot/priorities.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createAlarm } from './alarm.js';
import { createBlocks } from './blocks.js';
import { Corrections } from './corrections.js';
import { LeasedSlots } from './leasedSlots.js';
import { nextAskWhileBlocked, paceOf } from './pace.js';
import type { Budget, BudgetMetrics } from './permit.js';
import type { PortalWorkspaces } from './portalWorkspaces.js';
import { createSlotExchange } from './slotExchange.js';
import { abortReason, AT_ONCE, WaitingRequests, type Demand } from './waitingRequests.js';

/*
 * One of HubSpot's limits of a portal, shared by all processes: a bucket of slots in Postgres, each free again one
 * interval after the answer of the request that used it. HubSpot saw that request no later than we saw its answer, so
 * the limit cannot be exceeded, whatever the network does, and no more is lost than the round trip (docs/laws.md, law
 * 3).
 *
 * A process leases slots as it needs them, for all its portals in one statement at a time; what became of them is said
 * in the next one. While no request waits, nothing is asked.
 */

export interface BudgetDependencies {
  pool: Queryable;
  /** Names this process in the rows. */
  owner: string;
  slots: number;
  intervalMs: number;
  logger: Logger;
  bucket: Bucket;
  workspaces: PortalWorkspaces;
  /** How often the portal's circuit breaker has opened in a row, each time that the database says so. */
  breakerSeen?(portalId: number, opens: number): void;
  /** How long a slot stays ours without a word from this process. A permit can be used for three quarters of it. */
  leaseMs?: number;
  metrics?: BudgetMetrics;
}

const LEASE_MS = 4000;
/** For how long a priority that got nothing counts as waiting: longer than a request lets pass before it asks again. */
const MARK_MS = 300;
/** For the one request of a half-open breaker: longer than any deadline, since its process may die. */
const PROBE_MS = 30_000;
const MAX_PORTALS = 128;
const BACKOFF_MS = { min: 100, max: 2000 };

/** The budget of one bucket in one process. */
export function createBudget(deps: BudgetDependencies): Budget {
  const { logger, metrics } = deps;
  const shape = shapeOf(deps);
  const blocks = createBlocks();
  const corrections = new Corrections(shape);
  const slots = new LeasedSlots({
    leaseMs: shape.leaseMs,
    logger,
    metrics,
    onIdle: (portalId) => requests.serve(portalId),
    wakeAt: (at) => wakeAt(at),
  });
  const requests = new WaitingRequests({ slots, blocks, metrics });
  const exchange = createSlotExchange({
    ...deps,
    shape,
    pace: paceOf(deps),
    requests,
    slots,
    blocks,
    corrections,
  });
  const alarm = createAlarm(exchangeWhileDue, () => wakeTime(Math.min(slots.nextAt, requests.nextAt)));
  let failures = 0;
  let retryAt = 0;
  let stopped = false;

  /** While the database is away, nothing is asked before the next try. */
  const wakeTime = (at: number) => Math.max(at, retryAt);
  const wakeAt = (at: number) => alarm.wakeAt(wakeTime(at));

  async function exchangeWhileDue(): Promise<void> {
    for (;;) {
      const now = performance.now();
      if (now < retryAt) return;
      for (const portalId of slots.returnIdle(now)) requests.settle(portalId);
      const demands = requests.takeDue(now, MAX_PORTALS);
      const renewals = slots.takeRenewals(now);
      if (demands.length === 0 && renewals.length === 0 && !slots.reportsDue(now)) return;
      try {
        await exchange(demands, renewals);
        failures = 0;
      } catch (error) {
        return fail(error, demands);
      }
    }
  }

  function fail(error: unknown, demands: readonly Demand[]): void {
    failures += 1;
    retryAt = performance.now() + Math.min(BACKOFF_MS.max, BACKOFF_MS.min * 2 ** (failures - 1));
    for (const { portalId } of demands) requests.settle(portalId);
    if (isTransientDatabaseError(error)) {
      if (failures === 1)
        logger.warn('The budget cannot reach the database; requests go on waiting', { error });
      return;
    }
    logger.error('The budget cannot be read', { error });
    const failure = new AppError('internal', 'The budget of HubSpot requests cannot be read', {
      cause: error,
    });
    for (const { portalId } of demands) requests.reject(portalId, failure);
  }

  return {
    async acquire(portalId, priority, signal) {
      if (signal?.aborted) throw abortReason(signal);
      if (stopped) throw stoppedError();
      const permit = requests.add(portalId, priority, signal);
      wakeAt(requests.nextAt);
      return permit;
    },
    correct: (portalId, seen) => corrections.add(portalId, seen),
    block(portalId, ms, reason, stored) {
      blocks.block(portalId, ms, reason, stored);
      slots.dropIdle(portalId);
      const askAt = nextAskWhileBlocked(ms, performance.now());
      requests.askAt(
        portalId,
        PRIORITIES.map(() => askAt),
      );
    },
    unblock(portalId, reasons) {
      if (!blocks.unblock(portalId, reasons)) return;
      requests.askAt(portalId, AT_ONCE);
      wakeAt(requests.nextAt);
    },
    blocked: (portalId) => blocks.of(portalId),
    async stop() {
      stopped = true;
      slots.stop();
      requests.rejectAll(stoppedError());
      await alarm.stop();
    },
  };
}

function shapeOf({ owner, bucket, slots, intervalMs, leaseMs = LEASE_MS }: BudgetDependencies): BucketShape {
  const { slotMs, patienceMs, bursts } = paceOf({ slots, intervalMs });
  return {
    owner,
    bucket,
    slots,
    intervalMs,
    leaseMs,
    patienceMs,
    markMs: MARK_MS + 2 * slotMs,
    probeMs: PROBE_MS,
    weights: PACED.map((priority) => WEIGHTS[priority]),
    bursts,
  };
}

function stoppedError(): AppError {
  return new AppError('unavailable', 'This process is stopping and sends nothing to HubSpot any more');
}
