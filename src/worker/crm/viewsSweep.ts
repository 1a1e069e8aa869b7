import { dropSqlViews, sqlViewsToDrop } from '../../db/crm/sqlViews.js';
import type { Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { AppError } from '../../platform/errors.js';
import type { Sweep } from '../reconciler.js';

const MAX_PER_SWEEP = 100;
/** A round ends so early that its last view, which is waited for two seconds, is through in time. */
const ROUND_MS = 20_000;

/**
 * Views for SQL go when their portal goes. One that somebody reads, or has made something of, is tried again, more and
 * more seldom: when the mirror is removed nothing is seen in it any more, and it is forgotten.
 */
export function createViewsSweep(pool: Pool): Sweep {
  return {
    name: 'sqlViewsDropped',
    everyMs: 15_000,
    timeoutMs: 30_000,
    async run(signal) {
      const until = performance.now() + ROUND_MS;
      async function* toDrop() {
        for (let n = 0; n < MAX_PER_SWEEP && !signal.aborted && performance.now() < until; n += 1) {
          const [view] = await sqlViewsToDrop(pool, 1);
          if (!view) return;
          yield view;
        }
      }
      const gone = await eachAlone(toDrop(), 'view', (view) =>
        inWorkspace(pool, view.workspaceId, (client) => dropSqlViews(client, view)).catch(
          (error: unknown) => {
            if (isInUse(error)) return 0;
            throw error;
          },
        ),
      );
      throwFirst(gone);
      return gone.did;
    },
  };
}

const isInUse = (error: unknown) =>
  error instanceof AppError && (error.code === 'conflict' || error.code === 'unavailable');
