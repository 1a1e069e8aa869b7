import type { LaneId } from '../../db/throttle/lanes.js';
import { withDeadline } from '../../platform/deadline.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { Replanner } from '../../services/throttle/replanner.js';

/**
 * What the management API has the throttle do once a change to lanes or executions is committed. Nothing here rejects
 * or takes longer than `MAX_WAIT_MS`: the change stands whatever becomes of this, and the reconciler makes up for what
 * fails.
 */
export interface ThrottleControl {
  /**
   * The rate, a pause or the order of these lanes changed: plans their executions anew and wakes those whose time came
   * nearer.
   */
  readonly replan: (lanes: readonly LaneId[]) => Promise<void>;
  /** Executions of the lane were marked to end out of turn: wakes their workflows. */
  readonly wakeEnding: (lane: LaneId) => Promise<void>;
  /** Executions without a workflow were added to the lane. */
  readonly startLane: (lane: LaneId) => void;
}

interface Dependencies {
  readonly replanner: Pick<Replanner, 'replan' | 'wakeEnding'>;
  readonly starter: { add(lane: LaneId, dueInMs: number): void };
  readonly logger: Logger;
}

/**
 * A long lane takes seconds to plan, its head first, and while Temporal is away no workflow can be woken: the answer
 * does not wait.
 */
const MAX_WAIT_MS = 2000;

export function createThrottleControl({ replanner, starter, logger }: Dependencies): ThrottleControl {
  /** Goes on in the background after the deadline; a failure is logged whenever it comes. */
  async function attempt(what: string, lanes: readonly LaneId[], work: () => Promise<void>): Promise<void> {
    crashPoint('throttle.control.committed');
    const done = work().catch((error: unknown) => {
      logger.warn(
        'A change stands, but the workflows it concerns were not notified; the reconciler will do it',
        {
          what,
          laneIds: lanes.map(({ laneId }) => laneId),
          error,
        },
      );
    });
    await withDeadline(done, MAX_WAIT_MS, () => new Error('not done yet')).catch(() => undefined);
  }

  return {
    replan: (lanes) =>
      attempt('replan', lanes, async () => {
        for (const lane of lanes) await replanner.replan(lane);
      }),
    wakeEnding: (lane) => attempt('wakeEnding', [lane], () => replanner.wakeEnding(lane)),
    startLane: (lane) => starter.add(lane, 0),
  };
}
