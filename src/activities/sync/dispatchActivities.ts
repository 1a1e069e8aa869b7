import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { syncsDue } from '../../db/sync/states.js';
import { sideBySide } from '../../platform/sideBySide.js';
import type { DispatchRound } from '../../temporal/sync/contract.js';
import { createLookAtType, type LookDependencies } from './lookAt.js';

export type DispatchActivities = ReturnType<typeof createDispatchActivities>;

/** Then no more is taken; the next round of the schedule does. */
const MAX_ROUND_MS = 8000;
const AT_ONCE = 16;
const ALIVE_EVERY_MS = 3000;

interface Dependencies extends LookDependencies {
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
}

export function createDispatchActivities({ stopping, ...deps }: Dependencies) {
  const lookAtType = createLookAtType(deps);
  return {
    /**
     * Looks by one search each whether anything has changed in what is due, and brings it into the mirror where one
     * page holds it. What is more, or still to be loaded, gets a workflow of its own. Safe to repeat and to run several
     * times at once.
     */
    async dispatchSyncs(): Promise<DispatchRound> {
      const round = { probed: 0, changed: 0, started: 0, failed: 0 };
      const signal = AbortSignal.any([cancellationSignal(), stopping]);
      const until = performance.now() + MAX_ROUND_MS;
      const signs = setInterval(() => heartbeat(round), ALIVE_EVERY_MS);
      try {
        const { failures } = await sideBySide({
          atOnce: AT_ONCE,
          take: () => syncsDue(deps.pool, AT_ONCE),
          hasTime: () => !signal.aborted && performance.now() < until,
          work: (due) => lookAtType(due, round, signal),
        });
        for (const error of failures) deps.logger.error('A sync could not be dispatched', { error });
        round.failed += failures.length;
        return round;
      } finally {
        clearInterval(signs);
      }
    },
  };
}
