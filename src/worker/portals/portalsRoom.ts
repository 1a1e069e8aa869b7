import { createDayLimitSweep } from '../../activities/portals/dayLimitSweep.js';
import { createInstallActivities } from '../../activities/portals/installActivities.js';
import { createPortalHookActivities, type PortalHook } from '../../activities/portals/portalHooks.js';
import { createPortalSweep } from '../../activities/portals/portalSweep.js';
import { hubspotRetention } from '../../db/hubspot/retention.js';
import { PORTAL_RETENTION } from '../../db/portals/retention.js';
import { sendingCheck } from '../../db/portals/sendingCheck.js';
import { check } from '../../services/checks.js';
import { PORTALS_QUEUE } from '../../temporal/portals/contract.js';
import type { PortalStarter } from '../../temporal/portals/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** What follows when a portal is installed, disconnected, or authorised anew. */
export function createPortalsRoom(
  core: WorkerCore,
  temporal: PortalStarter,
  hooks: readonly PortalHook[],
): WorkerRoom {
  const { pool, config, logger } = core;
  const tables = { ...PORTAL_RETENTION, ...hubspotRetention(config) };
  return {
    checks: [{ ...check('sending', sendingCheck(pool, config)), helpful: true }],
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
      { name: 'dayLimitsRead', everyMs: 60_000, timeoutMs: 20_000, run: createDayLimitSweep(core) },
      ...createRetentionSweeps(pool, tables),
    ],
    tables,
  };
}
