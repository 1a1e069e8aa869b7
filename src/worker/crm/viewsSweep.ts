import { dropSqlViews, sqlViewsToDrop } from '../../db/crm/sqlViews.js';
import type { Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { Sweep } from '../reconciler.js';

const MAX_PER_SWEEP = 100;

/** Views for SQL go when their portal goes. One that somebody reads is dropped when they have ended. */
export function createViewsSweep(pool: Pool): Sweep {
  return {
    name: 'sqlViewsDropped',
    everyMs: 15_000,
    timeoutMs: 30_000,
    async run() {
      const gone = await eachAlone(await sqlViewsToDrop(pool, MAX_PER_SWEEP), 'view', (view) =>
        inWorkspace(pool, view.workspaceId, (client) => dropSqlViews(client, view)),
      );
      throwFirst(gone);
      return gone.did;
    },
  };
}
