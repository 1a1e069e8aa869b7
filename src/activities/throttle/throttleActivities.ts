import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Config } from '../../platform/config.js';
import type { Pool } from '../../db/pool.js';
import { finishPack, setPackWake, type PackId } from '../../db/throttle/packs.js';
import { cancelPack, claimPack, type Claim, type ReleaseState } from '../../db/throttle/releases.js';
import { withLogContext, type Logger } from '../../platform/logger.js';
import type { Releaser } from './releaser.js';

export interface ReleaseProgress {
  /** Executions of the pack that have not ended. */
  readonly remaining: number;
  /** Until it is worth looking again; null: not before something changes (the lane is paused, or its portal not active). */
  readonly nextInMs: number | null;
  /** How those ended that this activity saw end. */
  readonly ended: Partial<Record<ReleaseState, number>>;
}

interface Dependencies {
  pool: Pool;
  releaser: Releaser;
  config: Pick<Config, 'THROTTLE_HORIZON_MS' | 'THROTTLE_EXPIRY_GUARD_MS' | 'THROTTLE_MIN_HOLD_MS'>;
  logger: Logger;
}

export type ThrottleActivities = ReturnType<typeof createThrottleActivities>;

/** How long an activity goes without looking at the table when nobody tells it of progress (another process may make it). */
const LOOK_AGAIN_MS = 1000;

export function createThrottleActivities({ pool, releaser, config, logger }: Dependencies) {
  return {
    /**
     * Releases what is due of a pack within the horizon, each at its own moment, and returns what is left. Safe to repeat and
     * to run twice at once: the window and the grants stand in the database, the completion of a callback is idempotent.
     */
    async releaseExecutions(pack: PackId): Promise<ReleaseProgress> {
      const signal = cancellationSignal();
      const interest = releaser.follow(pack.packId);
      let looks = 0;
      try {
        for (;;) {
          const claim = await claimPack(
            pool,
            pack,
            config.THROTTLE_EXPIRY_GUARD_MS,
            config.THROTTLE_MIN_HOLD_MS,
          );
          if (!claim || claim.remaining.length === 0) {
            await finishPack(pool, pack);
            return { remaining: 0, nextInMs: null, ended: interest.ended };
          }
          const dueInMs = dueIn(claim);
          const leaves = signal.aborted || releaser.stopping;
          if (leaves || dueInMs === null || dueInMs > config.THROTTLE_HORIZON_MS) {
            const nextInMs = leaves ? 0 : soonest(dueInMs, claim.guardInMs);
            await setPackWake(pool, pack, dueInMs === null ? null : nextInMs);
            signal.throwIfAborted();
            return { remaining: claim.remaining.length, nextInMs, ended: interest.ended };
          }
          if (looks > 0) heartbeat(); // most have ended by then, and a heartbeat costs the server a write
          looks += 1;
          releaser.drive({ ...pack, portalId: claim.portalId }, claim.laneId, dueInMs);
          if (await interest.settled(claim.remaining, dueInMs + LOOK_AGAIN_MS, signal)) {
            await finishPack(pool, pack);
            return { remaining: 0, nextInMs: null, ended: interest.ended };
          }
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

/** When something of it can go: null while nothing can. Without its token the portal gets nothing, not even what is to end. */
function dueIn({ portalState, sending, ending, nextInMs }: Claim): number | null {
  const reachable = portalState === 'active' || portalState === 'disconnecting';
  return reachable && (sending > 0 || ending > 0) ? 0 : nextInMs;
}

function soonest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(0, Math.min(a, b));
}
