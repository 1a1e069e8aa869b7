import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Pool } from '../../db/pool.js';
import type { PortalId } from '../../domain/portals/portal.js';
import type { Logger } from '../../platform/logger.js';
import type { Replanner } from '../../services/throttle/replanner.js';
import { endPortal, endPortalLocally, resumePortal } from './portalLanes.js';

interface Dependencies {
  pool: Pool;
  replanner: Replanner;
  logger: Logger;
}

export type PortalActivities = ReturnType<typeof createPortalActivities>;

/** What the throttle does when a portal comes back or goes. All of it is safe to repeat; each beats once per lane or batch. */
export function createPortalActivities({ pool, replanner, logger }: Dependencies) {
  const beat = (): void => {
    heartbeat();
    cancellationSignal().throwIfAborted();
  };

  return {
    /** The portal became active again: what waits in its lanes goes on. */
    async resumePortal(portal: PortalId): Promise<{ lanes: number }> {
      const resumed = await resumePortal({ pool, replanner }, portal, beat);
      logger.info('A portal became active again; its lanes go on', { portalId: portal.portalId, ...resumed });
      return resumed;
    },

    /** Marks what waits to end as cancelled while HubSpot can still be told. Call it again until `left` is 0, or its time is up. */
    async endPortal(
      portal: PortalId & { readonly reason: string },
    ): Promise<{ marked: number; left: number }> {
      const ending = await endPortal({ pool, replanner }, portal, beat);
      logger.info('A portal is being disconnected; its executions end as cancelled', {
        portalId: portal.portalId,
        ...ending,
      });
      return ending;
    },

    /** HubSpot cannot be told any more: what is left moves to the history as cancelled. */
    async endPortalLocally(portal: PortalId & { readonly reason: string }): Promise<{ ended: number }> {
      const over = await endPortalLocally({ pool }, portal, beat);
      if (over.ended > 0)
        logger.warn('Executions of a disconnected portal were ended without telling HubSpot', {
          portalId: portal.portalId,
          ...over,
        });
      return over;
    },
  };
}
