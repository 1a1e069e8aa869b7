import { admitRuns, lanesOfRuns, type WaitingLane } from '../../db/actions/lanes.js';
import type { Pool } from '../../db/pool.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createPasses, type Passes } from '../../platform/passes.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import { sideBySide } from '../../platform/sideBySide.js';
import type { ActionsByName } from '../../sdk/actions/action.js';
import { MAX_PER_PACK, type ActionRunStarter } from '../../temporal/actions/starter.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: Pick<ActionRunStarter, 'startPack'>;
  readonly actions: ActionsByName;
  readonly logger: Logger;
  /** Names this process in its admissions. */
  readonly owner: string;
}

const EVERY_MS = 250;
/** A round takes so many lanes at most, the next one goes on behind them. */
const MAX_LANES = 200;
const AT_ONCE = 4;
/** Of a lane in a round: a large one holds up no other. */
const MAX_RUNS = 10 * MAX_PER_PACK;
/** A lane that is full, paused or without its portal is asked again by then: its rate may have changed. */
const MAX_PAUSE_MS = 1000;

/**
 * Lets runs of actions go that wait for their turn, as the window of their lane allows, and starts them. Each worker
 * does so; the windows are in the database. What was admitted and not started, the sweep starts (runsSweep.ts). A lane
 * whose action is not defined here waits: its handlers would begin all at once when it is.
 */
export function createLaneAdmission(deps: Dependencies): Passes {
  const { pool, temporal, actions, logger, owner } = deps;
  const seldom = createSeldom();
  /** By lane: when it is asked again. */
  const asksAt = new Map<string, number>();
  let after = '0';

  async function admit({ workspaceId, portalId, laneId, action }: WaitingLane): Promise<void> {
    const { runs, nextInMs } = await admitRuns(pool, { workspaceId, laneId }, MAX_RUNS, owner);
    asksAt.set(laneId, performance.now() + Math.min(nextInMs ?? MAX_PAUSE_MS, MAX_PAUSE_MS));
    for (let from = 0; from < runs.length; from += MAX_PER_PACK) {
      const [first, ...others] = runs.slice(from, from + MAX_PER_PACK);
      if (!first) continue;
      crashPoint('actions.lane.admitted');
      await temporal.startPack({ workspaceId, portalId, action, runs: [first, ...others] });
    }
  }

  function isToBeAsked({ laneId, action }: WaitingLane): boolean {
    if (actions.has(action)) return (asksAt.get(laneId) ?? 0) <= performance.now();
    const said = seldom(`unknown ${action}`);
    const message = 'Runs wait for their turn whose action is not defined here (any more)';
    if (said) logger.error(message, { ...said, action });
    return false;
  }

  async function round(stopping: AbortSignal): Promise<void> {
    const found = await lanesOfRuns(pool, after, MAX_LANES);
    after = found.length === MAX_LANES ? (found.at(-1)?.laneId ?? '0') : '0';
    for (const [laneId, at] of asksAt) if (at <= performance.now()) asksAt.delete(laneId);
    let lanes = found.filter(isToBeAsked);
    const { failures } = await sideBySide({
      atOnce: AT_ONCE,
      take() {
        const taken = lanes;
        lanes = [];
        return Promise.resolve(taken);
      },
      hasTime: () => !stopping.aborted,
      work: (lane) =>
        admit(lane).catch((cause: unknown) => {
          throw new Error(`Lane ${lane.laneId} of portal ${lane.portalId} failed`, { cause });
        }),
    });
    if (failures.length > 0) failed(failures[0], failures.length);
  }

  function failed(error: unknown, lanes?: number): void {
    const said = seldom('failed');
    const message = 'Runs of actions were not let go, though it may be their turn; they are looked at again';
    if (said) logger.warn(message, { ...said, lanes, error });
  }

  return createPasses({ run: round, everyMs: EVERY_MS, onError: failed });
}
