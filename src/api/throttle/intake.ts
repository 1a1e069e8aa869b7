import type { RequestHandler } from 'express';
import type { Config } from '../../config.js';
import { listen } from '../../db/listen.js';
import type { Pool } from '../../db/pool.js';
import { intakeExecutions } from '../../db/throttle/intake.js';
import type { Logger } from '../../logger.js';
import type { Metrics } from '../../metrics.js';
import type { Temporal } from '../../temporal/client.js';
import { createActionHandler } from './action.js';
import { Committer } from './committer.js';
import type { ThrottleControl } from './control.js';
import { LaneDirectory } from './laneDirectory.js';
import { Replanner } from './replanner.js';
import { Starter } from './starter.js';

interface Dependencies {
  config: Config;
  pool: Pool;
  temporal: Temporal;
  logger: Logger;
  metrics: Metrics;
}

export interface ThrottleIntake {
  readonly actionHandler: RequestHandler;
  readonly control: ThrottleControl;
  stop(): Promise<void>;
}

/** Wires the intake of one API process: committer, starter, lanes, and the ear for claims. */
export function createThrottleIntake(deps: Dependencies): ThrottleIntake {
  const { config, pool, temporal, logger, metrics } = deps;
  const replanner = new Replanner({ pool, temporal, config, logger });
  const starter = new Starter({ pool, temporal, config, logger, metrics });
  const rateChanged = async (laneIds: readonly string[]): Promise<void> => {
    for (const laneId of laneIds) await replanner.replan(laneId);
  };
  const lanes = new LaneDirectory({ pool, defaultRate: config.THROTTLE_DEFAULT_RATE, logger, rateChanged });
  const limits = {
    holdMs: config.THROTTLE_MIN_HOLD_MS,
    blockMinMs: config.THROTTLE_BLOCK_MIN_MS,
    blockMaxMs: config.THROTTLE_BLOCK_MAX_MS,
    guardMs: config.THROTTLE_EXPIRY_GUARD_MS,
  };
  const committer = new Committer({
    commit: (calls) => intakeExecutions(pool, calls, limits),
    onCommitted(calls, answers) {
      metrics.intakeBatchSize.observe(calls.length);
      const firstDue = new Map<string, number>();
      answers.forEach((answer, index) => {
        const laneId = calls[index]?.laneId;
        if (laneId === undefined || !answer.fresh || answer.state !== 'waiting') return;
        firstDue.set(laneId, Math.min(answer.plannedInMs, firstDue.get(laneId) ?? Infinity));
      });
      for (const [laneId, dueInMs] of firstDue) starter.add(laneId, dueInMs);
    },
  });
  const ear = listen(config, 'sluice_claimed', { logger, heard: (packId) => starter.claimed(packId) });

  return {
    actionHandler: createActionHandler({ pool, config, committer, lanes, logger, metrics }),
    control: {
      rateChanged,
      wakeLane: (laneId) => replanner.wakeEnding(laneId),
      startLane: (laneId) => starter.add(laneId, 0),
    },
    async stop() {
      await committer.drain();
      starter.stop();
      await ear.stop();
    },
  };
}
