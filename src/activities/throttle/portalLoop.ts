import type { Config } from '../../platform/config/config.js';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import { admitReleases, type Admitted } from '../../db/throttle/admitReleases.js';
import type { PortalId } from '../../domain/portals/portal.js';
import type { SuspensionReason } from '../../domain/throttle/suspension.js';
import type { Gateway, Permit } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createKeyedBackoff } from '../../platform/keyedBackoff.js';
import type { Logger } from '../../platform/logger.js';
import { SUSPEND_FROM_MS } from './classifyOutcome.js';
import type { createCompletion, Probe } from './completion.js';
import { callSpacingMs, MAX_PER_CALL } from './completionPace.js';
import { createSuspendedPortal } from './suspendedPortal.js';
import type { ReleaseInstruments } from './instruments.js';

export interface LoopDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'acquire' | 'blocked'>;
  readonly completion: ReturnType<typeof createCompletion>;
  /** Names this process in admissions. */
  readonly owner: string;
  readonly config: Pick<Config, 'THROTTLE_MIN_HOLD_MS' | 'THROTTLE_HORIZON_MS'>;
  readonly logger: Logger;
  readonly metrics: ReleaseInstruments;
  readonly stop: AbortSignal;
  /** The portal's releases were suspended for so long, and go on. */
  readonly onResumed: (lastedMs: number) => void;
  /** No lane of the portal is in sight, and nothing is under way. */
  readonly onIdle: () => void;
}

export interface PortalLoop {
  /** Asks that the lane be looked at in `inMs`. */
  drive(laneId: string, inMs: number): void;
  /** Asks that it finds out now whether the portal's releases still have to be suspended. */
  probe(): void;
  /** Resolves when all that was sent is settled. Call it when the loop's `stop` has been aborted. */
  drained(): Promise<void>;
}

const MAX_IN_FLIGHT = 4;
/**
 * How long a sent completion may stay unreported before another process sends it again. Above the deadline of a call.
 */
const LEASE_MS = 10_000;
/** A lane in which nothing can be released for a reason of its own is left alone for so long. */
const LANE_BACKOFF_MS = { firstMs: 2000, maxMs: 60_000 };
const MAX_APART = 50;
const PAUSE_MS = { databaseAway: 250, otherwise: 2000 };
/** A wait for a permit is looked at so often: meanwhile another process may have found that the portal is blocked. */
const MAX_ACQUIRE_MS = 2000;

/**
 * The releases of one portal by this process. When a lane is due and a call may be made, it takes what the windows
 * admit (in the order of the lane, whichever workflow it rides in) and sends it as one batch.
 */
export function createPortalLoop(portal: PortalId, deps: LoopDependencies): PortalLoop {
  const { pool, gateway, completion, owner, config, logger, metrics, stop, onIdle } = deps;
  const { workspaceId, portalId } = portal;
  const suspended = createSuspendedPortal(portal, {
    ...{ pool, owner, logger, suspensionOver: deps.onResumed },
    leaseMs: LEASE_MS,
    holdMs: config.THROTTLE_MIN_HOLD_MS,
  });
  const failing = createKeyedBackoff(LANE_BACKOFF_MS);
  /** Lane → when it wants to be asked (monotonic ms). */
  const lanes = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let nextCallAt = -Infinity;
  let running = false;
  let turning = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  function drive(laneId: string, inMs: number): void {
    const at = performance.now() + Math.max(0, inMs, failing.leftMs(laneId));
    if (at < (lanes.get(laneId) ?? Infinity)) lanes.set(laneId, at);
    schedule();
  }

  function schedule(): void {
    if (running || stop.aborted) return;
    clearTimeout(timer);
    const wantedAt = Math.min(suspended.probeAt, ...lanes.values());
    if (wantedAt === Infinity) {
      if (underWay.size === 0) onIdle();
      return;
    }
    if (underWay.size >= MAX_IN_FLIGHT) return; // the next answer schedules again
    const at = Math.max(wantedAt, nextCallAt);
    const inMs = Math.max(0, Math.ceil(at - performance.now()));
    timer = setTimeout(() => {
      turning = turn();
    }, inMs);
  }

  async function turn(): Promise<void> {
    running = true;
    let permit: Permit | undefined;
    try {
      permit = await permitInTime();
      if (!permit) return;
      const probing = suspended.probeAt <= performance.now() ? await suspended.begin() : undefined;
      const rows = probing?.rows ?? (await admitDue());
      if (rows.length > 0) {
        crashPoint('throttle.release.admitted');
        send(rows, permit, probing?.probe);
        permit = undefined;
      }
    } catch (error) {
      if (stop.aborted) return;
      const transient = isTransientDatabaseError(error);
      logger[transient ? 'warn' : 'error']('Releases of a portal are delayed; trying again', {
        portalId,
        error,
      });
      const again = performance.now() + PAUSE_MS[transient ? 'databaseAway' : 'otherwise'];
      for (const [laneId, at] of lanes) lanes.set(laneId, Math.max(at, again));
    } finally {
      permit?.giveBack();
      running = false;
      schedule();
    }
  }

  /**
   * A permit, as far as one is to be had soon. Where HubSpot or the circuit breaker wants the portal left alone for
   * longer, its releases are suspended: no process asks, and no workflow waits in an activity.
   */
  async function permitInTime(): Promise<Permit | undefined> {
    const block = gateway.blocked(portalId);
    if (block && block.ms > SUSPEND_FROM_MS) {
      lanes.clear();
      suspended.note(
        await completion.suspend(portal, { reason: suspensionReasonOf(block.reason), askedMs: block.ms }),
      );
      return undefined;
    }
    const late = new AbortController();
    const abort = (): void => late.abort();
    const timer = setTimeout(abort, MAX_ACQUIRE_MS);
    stop.addEventListener('abort', abort, { once: true });
    try {
      return await gateway.acquire(portalId, 'completion', late.signal);
    } catch (error) {
      if (late.signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    }
  }

  /** Admits what is due in the portal's lanes, and notes when each wants to be asked again. */
  async function admitDue(): Promise<Admitted[]> {
    const now = performance.now();
    const due = [...lanes].filter(([, at]) => at <= now + 1).sort((a, b) => a[1] - b[1]);
    if (due.length === 0) return [];
    const laneIds = due.map(([laneId]) => laneId);
    try {
      return await admit(laneIds, MAX_PER_CALL);
    } catch (error) {
      if (isTransientDatabaseError(error)) throw error;
      return await admitApart(laneIds.slice(0, MAX_APART));
    }
  }

  /** What one lane throws holds up that lane: the others are asked each for itself. */
  async function admitApart(laneIds: readonly string[]): Promise<Admitted[]> {
    const admitted: Admitted[] = [];
    for (const laneId of laneIds) {
      if (admitted.length >= MAX_PER_CALL) break;
      try {
        admitted.push(...(await admit([laneId], MAX_PER_CALL - admitted.length)));
        crashPoint('throttle.release.admitted');
        failing.succeeded(laneId);
      } catch (error) {
        if (isTransientDatabaseError(error)) throw error;
        const againInMs = failing.failed(laneId);
        lanes.set(laneId, performance.now() + againInMs);
        logger.error('Nothing can be released in a lane; it is tried again', {
          portalId,
          laneId,
          againInMs,
          error,
        });
      }
    }
    return admitted;
  }

  async function admit(laneIds: readonly string[], max: number): Promise<Admitted[]> {
    const answer = await admitReleases(pool, {
      workspaceId,
      laneIds,
      max,
      owner,
      leaseMs: LEASE_MS,
      holdMs: config.THROTTLE_MIN_HOLD_MS,
    });
    const answeredAt = performance.now();
    for (const { laneId, nextInMs } of answer.lanes) {
      // A lane with nothing in sight is forgotten: the next workflow that is due there brings it back.
      if (nextInMs === null || nextInMs > 2 * config.THROTTLE_HORIZON_MS) lanes.delete(laneId);
      else lanes.set(laneId, answeredAt + Math.max(0, nextInMs));
    }
    return answer.admitted;
  }

  function send(rows: readonly Admitted[], permit: Permit, probe: Probe | undefined): void {
    nextCallAt = performance.now() + callSpacingMs(rows.length);
    metrics.releaseBatchSize.observe(rows.length);
    for (const row of rows) metrics.releaseLatenessSeconds.observe(Math.max(0, row.lateMs) / 1000);
    const sending = completeAndSettle(rows, permit, probe).finally(() => {
      underWay.delete(sending);
      schedule();
    });
    underWay.add(sending);
  }

  async function completeAndSettle(
    rows: readonly Admitted[],
    permit: Permit,
    probe: Probe | undefined,
  ): Promise<void> {
    try {
      const completed = await completion.complete(portal, rows, permit, probe);
      const { againInMs, suspendedMs } = completed;
      if (probe) await suspended.conclude(completed);
      else if (suspendedMs !== undefined) suspended.note(suspendedMs);
      if (suspendedMs !== undefined) lanes.clear();
      if (againInMs === undefined) return;
      for (const laneId of new Set(rows.map((row) => row.laneId))) drive(laneId, againInMs);
    } catch (error) {
      logger.error('A batch of completions could not be settled', { portalId, error });
    }
  }

  return {
    drive,
    probe() {
      if (suspended.probeAt > performance.now()) suspended.note(0);
      schedule();
    },
    async drained() {
      clearTimeout(timer);
      await turning; // it may be about to send what it has had admitted
      await Promise.allSettled(underWay);
    },
  };
}

/** A block of the budget names the limit that HubSpot gave for it, or the breaker. */
function suspensionReasonOf(blocked: string): SuspensionReason {
  switch (blocked) {
    case 'locked':
    case 'migrating':
      return blocked;
    case 'breaker':
    case 'probe':
      return 'breaker';
    default:
      return 'throttled';
  }
}
