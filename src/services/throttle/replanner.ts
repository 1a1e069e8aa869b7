import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { FIRST_SEQ, type LaneId } from '../../db/throttle/lanes.js';
import { packsOfLaneToNudge, packsToEnd } from '../../db/throttle/packs.js';
import { forgetReplanNote, replanNote } from '../../db/throttle/lanesToReplan.js';
import { replanStretch } from '../../db/throttle/replanStretch.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: ThrottleStarter;
  readonly config: Pick<Config, 'THROTTLE_MIN_HOLD_MS' | 'THROTTLE_HORIZON_MS'>;
  readonly logger: Logger;
}

export interface Replanner {
  /**
   * Plans a lane's waiting executions anew after its rate, its pause or its order changed, head first, and wakes those
   * whose time came nearer. One run per lane at a time; a change during a run makes it start over.
   */
  replan(lane: LaneId): Promise<void>;
  /** Wakes the workflows of a lane that sleep past the time which the plan now gives them. Returns how many. */
  wake(lane: LaneId): Promise<number>;
  /**
   * Wakes the workflows of executions that were marked to end out of turn. A workflow that is awake ends all of its
   * lane.
   */
  wakeEnding(lane: LaneId): Promise<void>;
}

/** Executions that are planned in one statement. */
const STRETCH = 5000;
/** Only workflows that are due this soon are woken at once; the reconciler wakes the others as their time comes. */
const NUDGE_WITHIN_MS = 20_000;
const MAX_NUDGES = 200;

export function createReplanner({ pool, temporal, config, logger }: Dependencies): Replanner {
  const running = new Map<string, { again: boolean; done: Promise<void> }>();

  async function plan(lane: LaneId, run: { readonly again: boolean }): Promise<void> {
    let afterSeq = FIRST_SEQ;
    let ahead = 0;
    while (!run.again) {
      const { lastSeq, planned } = await replanStretch(pool, {
        ...lane,
        afterSeq,
        ahead,
        max: STRETCH,
        holdMs: config.THROTTLE_MIN_HOLD_MS,
      });
      crashPoint('throttle.replan.stretch-planned');
      if (ahead === 0) await wake(lane);
      if (lastSeq === null || planned < STRETCH) {
        logger.info('Planned a lane anew', { laneId: lane.laneId, executions: ahead + planned });
        break;
      }
      afterSeq = lastSeq;
      ahead += planned;
    }
    await wake(lane);
  }

  async function wake(lane: LaneId): Promise<number> {
    const late = await packsOfLaneToNudge(pool, lane, {
      withinMs: NUDGE_WITHIN_MS,
      slackMs: config.THROTTLE_HORIZON_MS,
      max: MAX_NUDGES,
    });
    crashPoint('throttle.replan.packs-marked');
    for (const { workflowId } of late) {
      await temporal.nudgePack(workflowId);
      crashPoint('throttle.replan.woken');
    }
    return late.length;
  }

  async function wakeToEnd(workflowId: string): Promise<void> {
    await temporal.nudgePack(workflowId);
    crashPoint('throttle.replan.ending-woken');
  }

  async function planUntilCurrent(lane: LaneId, run: { again: boolean }): Promise<void> {
    let note: string | null;
    do {
      run.again = false;
      note = await replanNote(pool, lane);
      await plan(lane, run);
    } while (run.again);
    if (note !== null) await forgetReplanNote(pool, lane, note);
    crashPoint('throttle.replan.done');
  }

  return {
    wake,
    replan(lane) {
      const current = running.get(lane.laneId);
      if (current) {
        current.again = true;
        return current.done;
      }
      const run = { again: false, done: Promise.resolve() };
      running.set(lane.laneId, run);
      run.done = planUntilCurrent(lane, run).finally(() => running.delete(lane.laneId));
      return run.done;
    },
    async wakeEnding(lane) {
      for (const { workflowId } of await packsToEnd(pool, lane, MAX_NUDGES)) await wakeToEnd(workflowId);
    },
  };
}
