import { endSyncs, resumeSyncs } from '../../db/sync/ends.js';
import type { Pool } from '../../db/pool.js';
import type { PortalHook } from '../portals/portalHooks.js';

/** What the sync does when a portal comes back or goes: it goes on where it was, or stops at once. */
export function createSyncPortalHook(pool: Pool): PortalHook {
  return {
    resumed: (portal) => resumeSyncs(pool, portal),
    /** Nothing is written of a portal that is not active. */
    ending: () => Promise.resolve({ marked: 0, left: 0 }),
    ended: (portal) => endSyncs(pool, portal),
  };
}
