import type { RequestHandler } from 'express';
import pg from 'pg';
import type { Config } from '../../config.js';
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
  const ear = listenForClaims(config, logger, (packId) => starter.claimed(packId));

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

/** LISTEN on a connection of its own, made again when it breaks. A claim that is missed meanwhile is read from the table. */
function listenForClaims(
  config: Config,
  logger: Logger,
  claimed: (packId: string) => void,
): { stop(): Promise<void> } {
  let client: pg.Client | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: config.DATABASE_URL.reveal(),
      application_name: 'sluice-api-listen',
      keepAlive: true,
    });
    client = fresh;
    const again = (error?: Error): void => {
      if (stopped || client !== fresh) return;
      client = undefined;
      if (error) logger.warn('The ear for claims was lost; it is opened again', { error: error.message });
      timer = setTimeout(() => void connect(), 1000);
    };
    fresh.on('error', again);
    fresh.on('end', () => again());
    fresh.on('notification', ({ payload }) => {
      if (payload) claimed(payload);
    });
    try {
      await fresh.connect();
      await fresh.query('LISTEN sluice_claimed');
    } catch (error) {
      again(error instanceof Error ? error : new Error(String(error)));
    }
  }
  void connect();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
