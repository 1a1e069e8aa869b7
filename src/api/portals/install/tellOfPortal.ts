import type { Logger } from '../../../platform/logger.js';
import type { PortalEpoch } from '../../../temporal/portals/contract.js';

/** Starts the workflow of an install or a disconnect that was committed. Never fails: a schedule makes up for what could not be started. */
export type TellOfPortal = (portal: PortalEpoch) => Promise<void>;

export function tellOfPortal(logger: Logger, start: (portal: PortalEpoch) => Promise<void>): TellOfPortal {
  return async (portal) => {
    await start(portal).catch((error: unknown) => {
      logger.warn(
        'A change of a portal is committed and its workflow could not be started; the schedule sees to it',
        {
          portalId: portal.portalId,
          error,
        },
      );
    });
  };
}
