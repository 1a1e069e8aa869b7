import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { lookAtPack, type PackLook } from '../../db/throttle/lookAtPack.js';
import { cancelPack, finishPack, setPackWake, type PackId } from '../../db/throttle/packs.js';
import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { withLogContext, type Logger } from '../../platform/logger.js';
import { DEFAULT_HORIZON_MS } from '../../temporal/throttle/contract.js';
import type { Interest } from './interests.js';
import type { Releaser } from './releaser.js';

export interface ReleaseProgress {
  /** Executions of the pack that have not ended. */
  readonly remaining: number;
  /**
   * Until it is worth looking again; null: not before something changes (the lane is paused, or its portal not active).
   */
  readonly nextInMs: number | null;
  /** How many ended in which state, as far as this activity saw it. */
  readonly ended: Partial<Record<ReleaseState, number>>;
}

interface Dependencies {
  pool: Pool;
  releaser: Releaser;
  config: Pick<Config, 'THROTTLE_EXPIRY_GUARD_MS' | 'THROTTLE_MIN_HOLD_MS'>;
  logger: Logger;
}

export type ThrottleActivities = ReturnType<typeof createThrottleActivities>;

/** After what was due should have gone, the table is read again: another process may have made the progress. */
const LOOK_AGAIN_MS = 1000;
/**
 * Where nothing of a pack has moved for so long although it was due, the activity gives its slot back for a while: the
 * limit of its portal is used up, HubSpot is slow, or something is wrong that it cannot mend by waiting.
 */
const STANDS_MS = 10_000;
/** The packs of a suspended portal look again after this, and at most twice this, should nobody wake them. */
const SUSPENDED_LOOK_MS = 30 * 60_000;
/**
 * Below the heartbeat time-out that the workflow gives this activity (5 s), and above what an activity waits with the
 * usual horizon.
 */
const HEARTBEAT_EVERY_MS = 3500;

export function createThrottleActivities({ pool, releaser, config, logger }: Dependencies) {
  return {
    /**
     * Releases what is due of a pack within the workflow's horizon, each at its own moment, and returns what is left.
     * An activity has a slot of its worker, so it returns rather than wait for longer than the horizon.
     * Safe to repeat and to run twice at once: the window and the admissions stand in the database, the completion of a
     * callback is idempotent.
     */
    async releaseExecutions({
      horizonMs = DEFAULT_HORIZON_MS,
      ...pack
    }: PackId & { readonly horizonMs?: number }): Promise<ReleaseProgress> {
      const signal = cancellationSignal();
      const interest = releaser.follow(pack.packId);
      const progressOf = (remaining: number, nextInMs: number | null): ReleaseProgress => {
        const expiredHere = expired > 0 ? { expired: (interest.ended.expired ?? 0) + expired } : {};
        return { remaining, nextInMs, ended: { ...interest.ended, ...expiredHere } };
      };
      const finished = async (): Promise<ReleaseProgress> => {
        await finishPack(pool, pack);
        crashPoint('throttle.release.finished');
        return progressOf(0, null);
      };
      let expired = 0;
      let left = Infinity;
      let movedAt = performance.now();
      try {
        for (let looks = 0; ; looks += 1) {
          const look = await lookAtPack(
            pool,
            pack,
            config.THROTTLE_EXPIRY_GUARD_MS,
            config.THROTTLE_MIN_HOLD_MS,
          );
          crashPoint('throttle.release.claimed');
          expired += look?.expired ?? 0;
          if (!look || look.remaining.length === 0) return await finished();
          if (look.remaining.length !== left) movedAt = performance.now();
          left = look.remaining.length;
          const dueInMs = dueIn(look);
          const leaves = signal.aborted || releaser.stopping;
          const stands = performance.now() - movedAt > horizonMs + STANDS_MS;
          const nextInMs = leaves ? 0 : nextLookIn(look, stands ? horizonMs + aFew(STANDS_MS) : dueInMs);
          if (leaves || nextInMs === null || nextInMs > horizonMs) {
            await setPackWake(pool, pack, dueInMs === null && !isSuspended(look) ? null : nextInMs);
            crashPoint('throttle.release.put-off');
            signal.throwIfAborted();
            return progressOf(left, nextInMs);
          }
          if (looks > 0) heartbeat(); // most have ended by then, and a heartbeat costs the server a write
          if (dueInMs !== null && dueInMs <= horizonMs)
            releaser.drive({ ...pack, portalId: look.portalId }, look.laneId, dueInMs);
          if (await settledWithin(nextInMs + LOOK_AGAIN_MS, interest, look.remaining, signal))
            return await finished();
        }
      } finally {
        interest.end();
      }
    },

    /** Marks what is left of a pack to be completed with FAIL_CONTINUE; the next release does it. */
    async cancelExecutions(pack: PackId): Promise<number> {
      const { workflowExecution } = activityInfo();
      return withLogContext({ workflowId: workflowExecution?.workflowId ?? '' }, async () => {
        const count = await cancelPack(pool, pack);
        crashPoint('throttle.release.cancelled');
        logger.info('A workflow was cancelled; its executions end as cancelled', {
          packId: pack.packId,
          count,
        });
        return count;
      });
    },
  };
}

/** Waits until all of these are settled, at most `maxMs`, and heartbeats meanwhile. Returns whether they are. */
async function settledWithin(
  maxMs: number,
  interest: Interest,
  executionIds: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  let leftMs = maxMs;
  for (; leftMs > HEARTBEAT_EVERY_MS; leftMs -= HEARTBEAT_EVERY_MS) {
    if (await interest.settled(executionIds, HEARTBEAT_EVERY_MS, signal)) return true;
    heartbeat();
  }
  return interest.settled(executionIds, leftMs, signal);
}

/**
 * When the first of its executions can go: null while none can. Without its token the portal gets no completion, not
 * even of executions that are to end; nor does it while its releases are suspended.
 */
function dueIn(look: PackLook): number | null {
  const { sending, ending, resendInMs, nextInMs } = look;
  if (!canBeTold(look) || isSuspended(look)) return null;
  if (ending > 0) return 0;
  return sending > 0 ? soonest(resendInMs ?? 0, nextInMs) : nextInMs;
}

/**
 * When it is worth looking again. A suspension has no end that is known here: whoever ends it wakes the workflows, and
 * each looks by itself now and then.
 */
function nextLookIn(look: PackLook, dueInMs: number | null): number | null {
  const { suspendedInMs, guardInMs, overInMs } = look;
  const suspended = isSuspended(look) ? Math.max(0, suspendedInMs ?? 0) + aFew(SUSPENDED_LOOK_MS) : null;
  return soonest(soonest(dueInMs, suspended), soonest(guardInMs, overInMs));
}

function canBeTold({ portalState }: PackLook): boolean {
  return portalState === 'active' || portalState === 'disconnecting';
}

function isSuspended(look: PackLook): boolean {
  return canBeTold(look) && look.suspendedInMs !== null;
}

/** Those that wait for the same do not come back together. */
function aFew(ms: number): number {
  return Math.round(ms * (1 + Math.random()));
}

function soonest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(0, Math.min(a, b));
}
