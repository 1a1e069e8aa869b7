import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { readableTypes } from '../../db/sync/portalSchedules.js';
import { sideBySide } from '../../platform/sideBySide.js';
import type { DispatchRound, PortalReadInput } from '../../temporal/sync/contract.js';
import { createLookAtType, type LookDependencies } from './lookAt.js';

export type PortalActivities = ReturnType<typeof createPortalActivities>;

const AT_ONCE = 4;
/** Then what is left gets workflows of its own: its next look may be tomorrow. */
const MAX_ROUND_MS = 60_000;
const ALIVE_EVERY_MS = 3000;

export function createPortalActivities({
  stopping,
  ...deps
}: LookDependencies & {
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
}) {
  const lookAtType = createLookAtType(deps);
  return {
    /**
     * Looks at each type of a portal that can be read. Safe to repeat: a type is in one hand. Rejects where some of it
     * could not be begun, so that it is tried again.
     */
    async readPortal(portal: PortalReadInput): Promise<DispatchRound> {
      const round = { probed: 0, changed: 0, started: 0, failed: 0 };
      const signal = AbortSignal.any([cancellationSignal(), stopping]);
      const until = performance.now() + MAX_ROUND_MS;
      const signs = setInterval(() => heartbeat(round), ALIVE_EVERY_MS);
      try {
        const types = await readableTypes(deps.pool, portal);
        const { failures } = await sideBySide({
          atOnce: AT_ONCE,
          take: () => Promise.resolve(types.splice(0, AT_ONCE)),
          hasTime: () => true,
          work: (type) =>
            lookAtType({ ...type, follows: type.follows && performance.now() < until }, round, signal),
        });
        for (const error of failures)
          deps.logger.error('A type of a portal with a Schedule of its own could not be looked at', {
            ...portal,
            error,
          });
        const [first] = failures;
        if (first) throw first;
        return round;
      } finally {
        clearInterval(signs);
      }
    },
  };
}
