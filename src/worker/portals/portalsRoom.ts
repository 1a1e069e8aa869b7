import { createInstallActivities } from '../../activities/portals/installActivities.js';
import { createPortalHookActivities, type PortalHook } from '../../activities/portals/portalHooks.js';
import { createPortalSweep } from '../../activities/portals/portalSweep.js';
import { tidyRequestRecords } from '../../db/hubspot/housekeeping.js';
import { PORTALS_QUEUE } from '../../temporal/portals/contract.js';
import type { PortalStarter } from '../../temporal/portals/starter.js';
import type { WorkerCore } from '../core.js';
import type { WorkerRoom } from '../room.js';

/** What follows when a portal is installed, disconnected, or authorised anew. */
export function createPortalsRoom(
  core: WorkerCore,
  temporal: PortalStarter,
  hooks: readonly PortalHook[],
): WorkerRoom {
  const { pool, config, logger } = core;
  return {
    activities: {
      [PORTALS_QUEUE]: { ...createInstallActivities(core), ...createPortalHookActivities(hooks) },
    },
    sweeps: [
      {
        name: 'portalsStarted',
        everyMs: 60_000,
        timeoutMs: 20_000,
        run: createPortalSweep({ pool, temporal, logger }),
      },
      {
        name: 'requestRecordsTidied',
        everyMs: 60_000,
        timeoutMs: 20_000,
        run: () => tidyRequestRecords(pool, config.REQUEST_LOG_DAYS),
      },
    ],
  };
}
