import type { Pool } from '../../db/pool.js';
import { drainLane } from '../../db/throttle/laneChanges.js';
import { endLaneLocally, lanesInUse, readPortalEnd } from '../../db/throttle/portalLanes.js';
import { endSuspension } from '../../db/throttle/portalSuspensions.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { Replanner } from '../../services/throttle/replanner.js';
import type { PortalHook } from '../portals/portalHooks.js';

interface Dependencies {
  readonly pool: Pool;
  readonly replanner: Pick<Replanner, 'replan' | 'wakeEnding'>;
  readonly logger: Logger;
}

/** What the throttle does when a portal comes back or goes. All of it is safe to repeat. */
export function createThrottlePortalHook({ pool, replanner, logger }: Dependencies): PortalHook {
  return {
    /** Plans the executions that wait in its lanes anew and wakes their workflows. Returns how many lanes. */
    async resumed(portal, heartbeat) {
      await endSuspension(pool, portal); // whatever it was for: the next completion finds out
      crashPoint('throttle.resume.suspension-ended');
      const lanes = await lanesInUse(pool, portal);
      for (const lane of lanes) {
        await replanner.replan(lane);
        await replanner.wakeEnding(lane);
        heartbeat();
      }
      logger.info('A portal became active again; its lanes go on', {
        portalId: portal.portalId,
        lanes: lanes.length,
      });
      return lanes.length;
    },

    /**
     * Marks all waiting executions of the portal to end as cancelled, with the reason, and wakes the workflows that
     * complete them at HubSpot. To be called again until nothing is left. Does nothing to a portal that is not being
     * disconnected (any more).
     */
    async ending(portal, heartbeat) {
      if (!(await readPortalEnd(pool, portal)).ending) return { marked: 0, left: 0 };
      let marked = 0;
      for (const lane of await lanesInUse(pool, portal)) {
        marked += await drainLane(pool, lane, { as: 'cancelled', reason: portal.reason });
        crashPoint('throttle.end.lane-marked');
        await replanner.wakeEnding(lane);
        heartbeat();
      }
      const { waiting: left } = await readPortalEnd(pool, portal);
      logger.info('A portal is being disconnected; its executions end as cancelled', {
        portalId: portal.portalId,
        marked,
        left,
      });
      return { marked, left };
    },

    /**
     * Without a token HubSpot cannot be asked to complete them: moves the executions that are left to the history as
     * cancelled, with the reason. A process that still has some of them under way changes nothing by its report.
     * Returns how many.
     */
    async ended(portal, heartbeat) {
      let ended = 0;
      await endSuspension(pool, portal);
      crashPoint('throttle.end.suspension-ended');
      for (const lane of await lanesInUse(pool, portal)) {
        for (;;) {
          const count = await endLaneLocally(pool, { ...portal, ...lane });
          crashPoint('throttle.end.lane-ended');
          heartbeat();
          if (count === 0) break;
          ended += count;
        }
      }
      if (ended > 0)
        logger.warn('Executions of a disconnected portal ended here without being completed at HubSpot', {
          portalId: portal.portalId,
          ended,
        });
      return ended;
    },
  };
}
