import { endRunsLocally, endRunsOfPortal } from '../../db/actions/runs.js';
import type { Pool } from '../../db/pool.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { PortalHook } from '../portals/portalHooks.js';

/** Runs of one statement. */
const MAX_PER_STATEMENT = 500;

/** What actions do when a portal goes. All of it is safe to repeat. */
export function createActionsPortalHook(pool: Pool): PortalHook {
  return {
    /** What waits looks again by itself. */
    resumed: () => Promise.resolve(0),

    /** To be called again until nothing is left: the sweep starts what tells HubSpot of them. */
    async ending(portal, alive) {
      const ended = await endRunsOfPortal(pool, portal, MAX_PER_STATEMENT);
      crashPoint('actions.end.marked');
      alive();
      return ended;
    },

    async ended(portal, alive) {
      for (let ended = 0; ;) {
        const count = await endRunsLocally(pool, portal, MAX_PER_STATEMENT);
        crashPoint('actions.end.ended');
        alive();
        ended += count;
        if (count < MAX_PER_STATEMENT) return ended;
      }
    },
  };
}
