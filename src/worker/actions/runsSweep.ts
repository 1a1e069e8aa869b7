import { overdueRuns } from '../../db/actions/runs.js';
import type { Pool } from '../../db/pool.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { Sweep } from '../reconciler.js';

const MAX_PER_SWEEP = 500;

/**
 * Starts what was committed and not started. What has ended while its workflow sleeps until the next try, by a portal
 * that is disconnected or a cancellation whose process died, is brought to its end.
 */
export function createRunsSweep(pool: Pool, temporal: ActionRunStarter): Sweep {
  return {
    name: 'actionRunsStarted',
    everyMs: 0,
    timeoutMs: 20_000,
    async run() {
      const overdue = await overdueRuns(pool, MAX_PER_SWEEP);
      const done = await eachAlone(overdue, 'run', async (run) => {
        crashPoint('actions.sweep.due');
        await (run.isEnding ? temporal.bringToEnd(run) : temporal.startRun(run));
        return 1;
      });
      throwFirst(done);
      return done.did;
    },
  };
}
