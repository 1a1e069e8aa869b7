import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { claimPack, type Claim } from '../../db/throttle/claimPack.js';
import { cancelPack, finishPack, setPackWake, type PackId } from '../../db/throttle/packs.js';
import type { ReleaseState } from '../../domain/throttle/executionStates.js';
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
 * Below the heartbeat time-out that the workflow gives this activity (5 s), and above what an activity waits with the
 * usual horizon.
 */
const HEARTBEAT_EVERY_MS = 3500;

export function createThrottleActivities({ pool, releaser, config, logger }: Dependencies) {
  return {
    /**
     * Releases what is due of a pack within the workflow's horizon, each at its own moment, and returns what is left.
     * Safe to repeat and to run twice at once: the window and the admissions stand in the database, the completion of a
     * callback is idempotent.
     */
    async releaseExecutions({
      horizonMs = DEFAULT_HORIZON_MS,
      ...pack
    }: PackId & { readonly horizonMs?: number }): Promise<ReleaseProgress> {
      const signal = cancellationSignal();
      const interest = releaser.follow(pack.packId);
      const finished = async (): Promise<ReleaseProgress> => {
        await finishPack(pool, pack);
        return { remaining: 0, nextInMs: null, ended: interest.ended };
      };
      try {
        for (let looks = 0; ; looks += 1) {
          const claim = await claimPack(
            pool,
            pack,
            config.THROTTLE_EXPIRY_GUARD_MS,
            config.THROTTLE_MIN_HOLD_MS,
          );
          if (!claim || claim.remaining.length === 0) return await finished();
          const dueInMs = dueIn(claim);
          const leaves = signal.aborted || releaser.stopping;
          const nextInMs = leaves ? 0 : soonest(dueInMs, claim.guardInMs);
          if (leaves || nextInMs === null || nextInMs > horizonMs) {
            await setPackWake(pool, pack, dueInMs === null ? null : nextInMs);
            signal.throwIfAborted();
            return { remaining: claim.remaining.length, nextInMs, ended: interest.ended };
          }
          if (looks > 0) heartbeat(); // most have ended by then, and a heartbeat costs the server a write
          if (dueInMs !== null && dueInMs <= horizonMs)
            releaser.drive({ ...pack, portalId: claim.portalId }, claim.laneId, dueInMs);
          if (await settledWithin(nextInMs + LOOK_AGAIN_MS, interest, claim.remaining, signal))
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
 * even of executions that are to end.
 */
function dueIn({ portalState, sending, ending, nextInMs }: Claim): number | null {
  const reachable = portalState === 'active' || portalState === 'disconnecting';
  return reachable && (sending > 0 || ending > 0) ? 0 : nextInMs;
}

function soonest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(0, Math.min(a, b));
}
