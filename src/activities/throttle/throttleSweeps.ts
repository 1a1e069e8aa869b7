import { tidyLanes } from '../../db/throttle/tidyLanes.js';
import {
  FIRST_PACK,
  FIRST_SLEEPER,
  finishPack,
  lanesWithOrphans,
  markPackStarted,
  packsAsleep,
  packsLeftOver,
  packsToStart,
  takePack,
  type Pack,
} from '../../db/throttle/packs.js';
import { lanesToReplan } from '../../db/throttle/lanesToReplan.js';
import { suspensionsDue } from '../../db/throttle/portalSuspensions.js';
import type { Pool } from '../../db/pool.js';
import { withStatementTimeout } from '../../db/statementTimeout.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createKeyedBackoff } from '../../platform/keyedBackoff.js';
import type { Replanner } from '../../services/throttle/replanner.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';
import type { Releaser } from './releaser.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: ThrottleStarter;
  readonly releaser: Pick<Releaser, 'probe'>;
  readonly replanner: Pick<Replanner, 'replan' | 'wakeEnding'>;
  readonly config: Pick<
    Config,
    'THROTTLE_MAX_PER_WORKFLOW' | 'THROTTLE_HORIZON_MS' | 'THROTTLE_RETENTION_DAYS'
  >;
  readonly logger: Logger;
}

const FIRST_LANE = '0';
/** An execution that has had no workflow for so long is an orphan. */
const ORPHAN_AFTER_MS = 5000;
/** So long after its moment a workflow is taken for lost and started again (nothing happens if it runs). */
const OVERDUE_MS = 60_000;
/** Only workflows that are due this soon are woken: a later sweep wakes the others, and a new plan may come before. */
const NUDGE_WITHIN_MS = 60_000;
const MAX_PER_SWEEP = 500;
/** After a change its process plans the lane at once; so long after it, it has died or has not managed to. */
const REPLAN_LATE_MS = 5000;
const MAX_REPLANS = 50;
/**
 * A process that suspends a portal's releases finds out by itself whether they can go on; so long after it, it is gone.
 */
const PROBE_LATE_MS = 5000;
/** A lane whose workflows cannot be started is left alone for so long, so that others are reached. */
const LANE_BACKOFF_MS = { firstMs: 5000, maxMs: 300_000 };
/** Of one lane in one round, so that others have their turn. */
const MAX_PACKS_OF_LANE = 10;
/** Packs that a round looks at; the next round goes on behind them. */
const MAX_LOOKED_AT = 2000;
/** Lanes and admissions of one statement, and statements of a round: 20,000 lanes a minute, 100,000 admissions. */
const LANES_PER_STATEMENT = 200;
const ADMISSIONS_PER_STATEMENT = 1000;
const MAX_STATEMENTS = 100;
const STATEMENT_TIMEOUT_MS = 5000;
const MINUTE_MS = 60_000;

/** What the reconciler does for the throttle. Each sweep is bounded; its next round goes on. */
export function createThrottleSweeps({ pool, temporal, releaser, replanner, config, logger }: Dependencies) {
  const db = withStatementTimeout(pool, STATEMENT_TIMEOUT_MS);
  const failing = createKeyedBackoff(LANE_BACKOFF_MS);
  const failingPlans = createKeyedBackoff(LANE_BACKOFF_MS);
  /** Lanes up to this one have been looked at in this turn. */
  let tidiedUpTo = FIRST_LANE;
  /** The same of packs that sleep past their time, and of all that are not done. */
  let sleeper = FIRST_SLEEPER;
  let looked = FIRST_PACK;

  return [
    { name: 'packsStarted', everyMs: 0, timeoutMs: 20_000, run: startOrphans },
    { name: 'lanesReplanned', everyMs: 0, timeoutMs: 20_000, run: replanLanes },
    { name: 'packsWoken', everyMs: 0, timeoutMs: 20_000, run: wakeLate },
    { name: 'suspendedPortalsProbed', everyMs: 0, timeoutMs: 20_000, run: probeSuspended },
    { name: 'lanesTidied', everyMs: MINUTE_MS, timeoutMs: 20_000, run: tidyNextLanes },
  ];

  /** Plans lanes anew, and wakes who is to end there, where the process that changed them has died before it had. */
  async function replanLanes(): Promise<number> {
    const noted = await lanesToReplan(db, REPLAN_LATE_MS, MAX_PER_SWEEP);
    const lanes = noted.filter(({ laneId }) => failingPlans.leftMs(laneId) === 0).slice(0, MAX_REPLANS);
    const replanned = await eachAlone(lanes, 'lane', async (lane) => {
      failingPlans.failed(lane.laneId); // until it has not
      await replanner.wakeEnding(lane);
      await replanner.replan(lane);
      failingPlans.succeeded(lane.laneId);
      return 1;
    });
    if (replanned.did > 0)
      logger.info('Planned lanes anew whose change had not come to that', { lanes: replanned.did });
    throwFirst(replanned);
    return replanned.did;
  }

  /** Goes on where the last round stopped, so that every lane has its turn. */
  async function tidyNextLanes(signal: AbortSignal): Promise<number> {
    let [removed, lanes] = [0, 0];
    for (let n = 0; n < MAX_STATEMENTS && !signal.aborted; n += 1) {
      const tidied = await tidyLanes(db, {
        after: tidiedUpTo,
        lanes: LANES_PER_STATEMENT,
        max: ADMISSIONS_PER_STATEMENT,
        keepDays: config.THROTTLE_RETENTION_DAYS,
      });
      crashPoint('throttle.sweep.lanes-tidied');
      removed += tidied.admissions + tidied.removed;
      lanes += tidied.removed;
      tidiedUpTo = tidied.lastLane ?? FIRST_LANE;
      if (tidied.lastLane === null) break;
    }
    if (lanes > 0) logger.info('Removed lanes without traffic', { lanes });
    return removed;
  }

  async function start(pack: Pack): Promise<void> {
    await temporal.startPack(pack);
    crashPoint('throttle.sweep.workflow-started');
    await markPackStarted(db, pack);
    crashPoint('throttle.sweep.pack-noted');
  }

  /** Starts workflows for orphans, and for packs whose start was lost with their process. */
  async function startOrphans(): Promise<number> {
    const orphaned = await lanesWithOrphans(db, ORPHAN_AFTER_MS, MAX_PER_SWEEP);
    const lanes = orphaned.filter(({ laneId }) => failing.leftMs(laneId) === 0);
    const orphans = await eachAlone(lanes, 'lane', async (lane) => {
      failing.failed(lane.laneId); // until it has not
      let started = 0;
      for (; started < MAX_PACKS_OF_LANE; started += 1) {
        const pack = await takePack(db, lane, config.THROTTLE_MAX_PER_WORKFLOW);
        if (!pack) break;
        crashPoint('throttle.sweep.pack-taken');
        await start(pack);
      }
      failing.succeeded(lane.laneId);
      return started;
    });
    const lost = await eachAlone(
      await packsToStart(db, ORPHAN_AFTER_MS, OVERDUE_MS, MAX_PER_SWEEP),
      'pack',
      async (pack) => {
        await start(pack);
        // A workflow that runs but sleeps past its time (it was reset) is not helped by a start.
        if (pack.dueInMs < -OVERDUE_MS) await temporal.nudgePack(pack.workflowId);
        return 1;
      },
    );
    const started = orphans.did + lost.did;
    if (started > 0) logger.info('Started workflows for executions that had none', { started });
    throwFirst(orphans, lost);
    return started;
  }

  /** Finds out whether the releases of suspended portals can go on, where the process that was to do it does not. */
  async function probeSuspended(): Promise<number> {
    const due = await suspensionsDue(db, PROBE_LATE_MS, MAX_PER_SWEEP);
    for (const portal of due) releaser.probe(portal);
    return due.length;
  }

  /**
   * Wakes workflows that sleep past their new time, and finishes packs whose workflow did not see its executions end.
   */
  async function wakeLate(): Promise<number> {
    const late = await packsAsleep(db, sleeper, {
      withinMs: NUDGE_WITHIN_MS,
      slackMs: config.THROTTLE_HORIZON_MS,
      max: MAX_LOOKED_AT,
    });
    crashPoint('throttle.sweep.packs-marked');
    sleeper = late.next;
    const woken = await eachAlone(late.packs, 'pack', async ({ workflowId }) => {
      await temporal.nudgePack(workflowId);
      crashPoint('throttle.sweep.pack-woken');
      return 1;
    });
    const over = await packsLeftOver(db, looked, MAX_LOOKED_AT);
    looked = over.next;
    const finished = await eachAlone(over.packs, 'pack', async (pack) => {
      if (await temporal.nudgePack(pack.workflowId)) return 1;
      crashPoint('throttle.sweep.workflow-gone');
      await finishPack(db, pack);
      return 1;
    });
    throwFirst(woken, finished);
    return woken.did + finished.did;
  }
}
