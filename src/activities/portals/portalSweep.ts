import type { Pool } from '../../db/pool.js';
import { portalsLeftBehind } from '../../db/portals/portalsLeftBehind.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { Logger } from '../../platform/logger.js';
import type { PortalStarter } from '../../temporal/portals/starter.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: PortalStarter;
  readonly logger: Logger;
}

/** How long after its commit a portal counts as left behind. */
const LEFT_BEHIND_MS = 10_000;
const MAX_PER_SWEEP = 200;

/**
 * A sweep of the reconciler: starts the workflows of installs and disconnects that were committed and not started,
 * since Temporal was away or the process ended.
 */
export function createPortalSweep({ pool, temporal, logger }: Dependencies) {
  return async (): Promise<number> => {
    const left = await portalsLeftBehind(pool, LEFT_BEHIND_MS, MAX_PER_SWEEP);
    const started = await eachAlone(left, 'portal', async ({ state, ...portal }) => {
      await (state === 'active' ? temporal.startInstall(portal) : temporal.startDisconnect(portal));
      return 1;
    });
    if (started.did > 0) logger.info('Started what was left behind', { portals: started.did });
    throwFirst(started);
    return started.did;
  };
}
