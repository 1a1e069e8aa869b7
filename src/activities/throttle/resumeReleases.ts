import type { Pool } from '../../db/pool.js';
import { lanesInUse } from '../../db/throttle/portalLanes.js';
import type { PortalId } from '../../domain/portals/portal.js';
import type { Logger } from '../../platform/logger.js';
import type { Replanner } from '../../services/throttle/replanner.js';
import type { Releaser } from './releaser.js';

interface Dependencies {
  readonly pool: Pool;
  readonly replanner: Pick<Replanner, 'replan' | 'wake'>;
  readonly releaser: Pick<Releaser, 'drive' | 'stopping'>;
  readonly logger: Logger;
}

/** A suspension that lasted for longer has made the plan of its lanes useless: they are planned anew. */
const REPLAN_AFTER_MS = 60_000;
/** The reconciler wakes the workflows of the others, as their time comes. */
const MAX_LANES = 200;

/**
 * What follows when the releases of a suspended portal go on: its lanes are looked at now, and their workflows woken.
 */
export function createResumeReleases({ pool, replanner, releaser, logger }: Dependencies) {
  return async (portal: PortalId, lastedMs: number): Promise<void> => {
    const lanes = (await lanesInUse(pool, portal)).slice(0, MAX_LANES);
    for (const { laneId } of lanes) releaser.drive(portal, laneId, 0);
    for (const lane of lanes) {
      if (releaser.stopping) return;
      try {
        await (lastedMs > REPLAN_AFTER_MS ? replanner.replan(lane) : replanner.wake(lane));
      } catch (error) {
        logger.warn('The workflows of a lane could not be woken; the reconciler does it', { ...lane, error });
      }
    }
  };
}
