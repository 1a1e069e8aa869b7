import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';
import { endPortal, endPortalLocally, resumePortal } from './portalLanes.js';
import type { Replanner } from '../../services/throttle/replanner.js';
import type { PortalHook } from '../portals/portalHooks.js';

interface Dependencies {
  readonly pool: Pool;
  readonly replanner: Replanner;
  readonly logger: Logger;
}

/** What the throttle does when a portal comes back or goes. */
export function createThrottlePortalHook({ pool, replanner, logger }: Dependencies): PortalHook {
  return {
    /** What waits in its lanes goes on. */
    async resumed(portal, beat) {
      const { lanes } = await resumePortal({ pool, replanner }, portal, beat);
      logger.info('A portal became active again; its lanes go on', { portalId: portal.portalId, lanes });
      return lanes;
    },

    /** Marks what waits to end as cancelled while HubSpot can still be told. */
    async ending(portal, beat) {
      const ending = await endPortal({ pool, replanner }, portal, beat);
      logger.info('A portal is being disconnected; its executions end as cancelled', {
        portalId: portal.portalId,
        ...ending,
      });
      return ending;
    },

    /** HubSpot cannot be told any more: what is left moves to the history as cancelled. */
    async ended(portal, beat) {
      const { ended } = await endPortalLocally({ pool }, portal, beat);
      if (ended > 0)
        logger.warn('Executions of a disconnected portal were ended without telling HubSpot', {
          portalId: portal.portalId,
          ended,
        });
      return ended;
    },
  };
}
