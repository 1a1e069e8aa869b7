import type { Config } from '../../platform/config.js';
import type { Pool } from '../../db/pool.js';
import { replanStretch } from '../../db/throttle/lanes.js';
import { packsOfLaneToNudge, packsToEnd, type LaneId } from '../../db/throttle/packs.js';
import type { Logger } from '../../platform/logger.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';

interface Dependencies {
  pool: Pool;
  temporal: ThrottleStarter;
  config: Pick<Config, 'THROTTLE_MIN_HOLD_MS' | 'THROTTLE_HORIZON_MS'>;
  logger: Logger;
}

const STRETCH = 5000;
/** Woken here and now is what the new plan lets go soon; the relay wakes the rest as its time comes. */
const NUDGE_WITHIN_MS = 20_000;
const MAX_NUDGES = 200;
const FIRST_SEQ = '-9223372036854775808';

/**
 * Plans a lane's waiting executions anew after its rate, its pause or its order changed, head first, and wakes those whose time
 * came nearer. One run per lane at a time; a change during a run makes it start over.
 */
export class Replanner {
  readonly #deps: Dependencies;
  readonly #running = new Map<string, { again: boolean; done: Promise<void> }>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async replan(lane: LaneId): Promise<void> {
    const { laneId } = lane;
    const running = this.#running.get(laneId);
    if (running) {
      running.again = true;
      return running.done;
    }
    const entry = { again: false, done: Promise.resolve() };
    this.#running.set(laneId, entry);
    entry.done = (async () => {
      do {
        entry.again = false;
        await this.#plan(lane, entry);
      } while (entry.again);
    })().finally(() => this.#running.delete(laneId));
    return entry.done;
  }

  /** Wakes the workflows of a lane that sleep past the time which the plan now gives them. */
  async wake(lane: LaneId): Promise<number> {
    const { pool, temporal, config } = this.#deps;
    const late = await packsOfLaneToNudge(pool, lane, {
      withinMs: NUDGE_WITHIN_MS,
      slackMs: config.THROTTLE_HORIZON_MS,
      most: MAX_NUDGES,
    });
    for (const { workflowId } of late) await temporal.nudgePack(workflowId);
    return late.length;
  }

  /** Wakes the workflows of executions that were marked to end out of turn. One that is awake ends all of its lane's. */
  async wakeEnding(lane: LaneId): Promise<void> {
    for (const { workflowId } of await packsToEnd(this.#deps.pool, lane, MAX_NUDGES))
      await this.#deps.temporal.nudgePack(workflowId);
  }

  async #plan(lane: LaneId, entry: { again: boolean }): Promise<void> {
    const { pool, config, logger } = this.#deps;
    let afterSeq = FIRST_SEQ;
    let ahead = 0;
    while (!entry.again) {
      const { lastSeq, planned } = await replanStretch(pool, {
        ...lane,
        afterSeq,
        ahead,
        most: STRETCH,
        holdMs: config.THROTTLE_MIN_HOLD_MS,
      });
      if (ahead === 0) await this.wake(lane);
      if (lastSeq === null || planned < STRETCH) {
        logger.info('Planned a lane anew', {
          laneId: lane.laneId,
          executions: ahead + planned,
        });
        break;
      }
      afterSeq = lastSeq;
      ahead += planned;
    }
    await this.wake(lane);
  }
}
