import { tidyThrottle } from '../../db/throttle/housekeeping.js';
import {
  finishPack,
  lanesWithOrphans,
  markPackStarted,
  packsToFinish,
  packsToNudge,
  packsToStart,
  takePack,
  type Pack,
} from '../../db/throttle/packs.js';
import type { Pool } from '../../db/pool.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: ThrottleStarter;
  readonly config: Pick<Config, 'THROTTLE_MAX_PER_WORKFLOW' | 'THROTTLE_HORIZON_MS'>;
  readonly logger: Logger;
}

/** An execution that has had no workflow for so long is an orphan. */
const ORPHAN_AFTER_MS = 5000;
/** So long after its moment a workflow is taken for lost and started again (nothing happens if it runs). */
const OVERDUE_MS = 60_000;
/** Only workflows that are due this soon are woken: a later sweep wakes the others, and a new plan may come before. */
const NUDGE_WITHIN_MS = 60_000;
const MAX_PER_SWEEP = 500;
const MAX_TIDIED = 20_000;
const MINUTE_MS = 60_000;

/** What the reconciler does for the throttle. Each sweep is bounded; its next round goes on. */
export function createThrottleSweeps({ pool, temporal, config, logger }: Dependencies) {
  return [
    { name: 'packsStarted', everyMs: 0, timeoutMs: 20_000, run: startOrphans },
    { name: 'packsWoken', everyMs: 0, timeoutMs: 20_000, run: wakeLate },
    {
      name: 'throttleTidied',
      everyMs: MINUTE_MS,
      timeoutMs: 20_000,
      run: () => tidyThrottle(pool, MAX_TIDIED),
    },
  ];

  async function start(pack: Pack): Promise<void> {
    await temporal.startPack(pack);
    await markPackStarted(pool, pack);
  }

  /** Starts workflows for orphans, and for packs whose start was lost with their process. */
  async function startOrphans(): Promise<number> {
    let started = 0;
    for (const lane of await lanesWithOrphans(pool, ORPHAN_AFTER_MS, MAX_PER_SWEEP)) {
      for (;;) {
        const pack = await takePack(pool, lane, config.THROTTLE_MAX_PER_WORKFLOW);
        if (!pack) break;
        await start(pack);
        started += 1;
      }
    }
    for (const pack of await packsToStart(pool, ORPHAN_AFTER_MS, OVERDUE_MS, MAX_PER_SWEEP)) {
      await start(pack);
      // A workflow that runs but sleeps past its time (it was reset) is not helped by a start.
      if (pack.dueInMs < -OVERDUE_MS) await temporal.nudgePack(pack.workflowId);
      started += 1;
    }
    if (started > 0) logger.info('Started workflows for executions that had none', { started });
    return started;
  }

  /**
   * Wakes workflows that sleep past their new time, and finishes packs whose workflow did not see its executions end.
   */
  async function wakeLate(): Promise<number> {
    const late = await packsToNudge(pool, {
      withinMs: NUDGE_WITHIN_MS,
      slackMs: config.THROTTLE_HORIZON_MS,
      max: MAX_PER_SWEEP,
    });
    for (const { workflowId } of late) await temporal.nudgePack(workflowId);
    const over = await packsToFinish(pool, MAX_PER_SWEEP);
    for (const pack of over) if (!(await temporal.nudgePack(pack.workflowId))) await finishPack(pool, pack);
    return late.length + over.length;
  }
}
