import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { ActionRunStarter, RunStart } from '../../temporal/actions/starter.js';

/** Starts the workflows of runs that were committed. */
export interface RunQueue {
  add(run: RunStart): void;
  /** Takes nothing new. What is left, the sweep of the worker starts. */
  stop(): Promise<void>;
}

/** So many are started at a time. */
const WIDTH = 16;
/** What is beyond, or fails, is left to the sweep, which knows of all that is committed and not started. */
const MAX_WAITING = 10_000;

export function createRunQueue(temporal: ActionRunStarter, logger: Logger): RunQueue {
  const waiting: RunStart[] = [];
  const seldom = createSeldom();
  const underWay = new Set<Promise<void>>();
  let stopped = false;

  async function work(): Promise<void> {
    for (let run = waiting.shift(); run && !stopped; run = waiting.shift()) {
      try {
        crashPoint('actions.intake.starting');
        await temporal.startRun(run);
        crashPoint('actions.intake.started');
      } catch (error) {
        const said = seldom('start');
        if (said)
          logger.warn('A run of an action could not be started yet; the sweep will', { ...said, error });
      }
    }
  }

  return {
    add(run) {
      if (stopped || waiting.length >= MAX_WAITING) return;
      waiting.push(run);
      if (underWay.size >= WIDTH) return;
      const working = work().finally(() => underWay.delete(working));
      underWay.add(working);
    },
    async stop() {
      stopped = true;
      await Promise.all(underWay);
    },
  };
}
