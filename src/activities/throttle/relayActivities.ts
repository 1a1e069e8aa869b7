import type { Config } from '../../platform/config.js';
import type { Pool } from '../../db/pool.js';
import { tidy } from '../../db/throttle/housekeeping.js';
import {
  lanesWithStrays,
  finishPack,
  markPackStarted,
  packsToFinish,
  packsToNudge,
  packsToStart,
  takePack,
  type Pack,
} from '../../db/throttle/packs.js';
import type { Logger } from '../../platform/logger.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';

interface Dependencies {
  pool: Pool;
  temporal: ThrottleStarter;
  config: Pick<Config, 'THROTTLE_MAX_PER_WORKFLOW' | 'THROTTLE_HORIZON_MS' | 'REQUEST_LOG_DAYS'>;
  logger: Logger;
  /** What else is due about once a minute. */
  chores?: readonly (() => Promise<unknown>)[];
  /** What else is due in every round. */
  errands?: readonly (() => Promise<unknown>)[];
}

export interface Swept {
  readonly started: number;
  readonly woken: number;
  readonly removed: number;
}

export type RelayActivities = ReturnType<typeof createRelayActivities>;

/** How long something may lie before it is taken for left behind. */
const STRAY_AFTER_MS = 5000;
/** So long after its moment a workflow is taken for lost and started again (a no-op if it runs). */
const OVERDUE_MS = 60_000;
/** Wakes only what is due soon: the rest is woken by a later sweep, and a new plan may come before. */
const NUDGE_WITHIN_MS = 60_000;
const MAX_PER_SWEEP = 500;
const TIDY_EVERY_MS = 60_000;

export function createRelayActivities({
  pool,
  temporal,
  config,
  logger,
  chores = [],
  errands = [],
}: Dependencies) {
  let tidiedAt = -Infinity;

  async function start(pack: Pack): Promise<void> {
    await temporal.startPack(pack);
    await markPackStarted(pool, pack);
  }

  async function startStrays(): Promise<number> {
    let started = 0;
    for (const lane of await lanesWithStrays(pool, STRAY_AFTER_MS, MAX_PER_SWEEP)) {
      for (;;) {
        const pack = await takePack(pool, lane, config.THROTTLE_MAX_PER_WORKFLOW);
        if (!pack) break;
        await start(pack);
        started += 1;
      }
    }
    for (const pack of await packsToStart(pool, STRAY_AFTER_MS, OVERDUE_MS, MAX_PER_SWEEP)) {
      await start(pack);
      // One that runs but sleeps past its time (it was reset) is not helped by a start.
      if (pack.dueInMs < -OVERDUE_MS) await temporal.nudgePack(pack.workflowId);
      started += 1;
    }
    return started;
  }

  async function wakeLate(): Promise<number> {
    const late = await packsToNudge(pool, {
      withinMs: NUDGE_WITHIN_MS,
      slackMs: config.THROTTLE_HORIZON_MS,
      most: MAX_PER_SWEEP,
    });
    for (const { workflowId } of late) await temporal.nudgePack(workflowId);
    const over = await packsToFinish(pool, MAX_PER_SWEEP);
    for (const pack of over) if (!(await temporal.nudgePack(pack.workflowId))) await finishPack(pool, pack);
    return late.length + over.length;
  }

  /** None of them may hold up what executions wait for. */
  async function doAll(tasks: readonly (() => Promise<unknown>)[]): Promise<void> {
    for (const task of tasks)
      await task().catch((error: unknown) =>
        logger.warn('A chore failed; it is tried again soon', { error }),
      );
  }

  return {
    /** One round of what the schedule asks for; bounded, the next round goes on. */
    async sweep(): Promise<Swept> {
      const started = await startStrays();
      const woken = await wakeLate();
      await doAll(errands);
      let removed = 0;
      if (performance.now() - tidiedAt > TIDY_EVERY_MS) {
        removed = await tidy(pool, 20_000, config.REQUEST_LOG_DAYS);
        tidiedAt = performance.now();
        await doAll(chores);
      }
      if (started > 0) logger.info('Started workflows for executions that had none', { started });
      return { started, woken, removed };
    },
  };
}
