import { nextDayLimit, putOffDayLimit, storeDayLimit } from '../../db/portals/dayLimits.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { dayLimitOf } from '../../hubspot/gateway/accountInfo.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { eachAlone, throwFirst, type Alone } from '../../platform/eachAlone.js';

const HOUR_MS = 3_600_000;
/** Every request counts against the limit, too, and a refusal against the share of errors. */
const AGAIN_MS = HOUR_MS;
const REFUSED_AGAIN_MS = 24 * HOUR_MS;
/** From the request to its outcome, the wait for the budget included: one that is busy is read another time. */
const DEADLINE_MS = 5000;
const AT_ONCE = 4;
const MAX_PER_SWEEP = 200;

/**
 * A sweep of the reconciler: reads of each portal once an hour what HubSpot lets a private app's account have in a day,
 * and what is used of it, whoever used it. One that cannot be read is no failure: its outcome is on record as that of
 * any request, and its turn comes again.
 */
export function createDayLimitSweep({ pool, gateway }: { pool: Pool; gateway: Pick<Gateway, 'request'> }) {
  async function read({ portalId, workspaceId }: { portalId: number; workspaceId: string }): Promise<number> {
    const outcome = await gateway.request({
      ...{ portalId, priority: 'backfill', resource: 'readDailyUsage', deadlineMs: DEADLINE_MS },
    });
    const db = forWorkspace(pool, workspaceId);
    const day = outcome.kind === 'ok' ? dayLimitOf(outcome.body) : undefined;
    if (day) await storeDayLimit(db, portalId, day);
    else if (['ok', 'invalid', 'forbidden', 'notFound'].includes(outcome.kind))
      await putOffDayLimit(db, portalId, REFUSED_AGAIN_MS);
    return day ? 1 : 0;
  }

  return async (signal: AbortSignal): Promise<number> => {
    let left = MAX_PER_SWEEP;
    const loops: Alone[] = [];
    /** Takes one when it can have it, so that those to whom the time does not come lose no hour. */
    async function oneAfterAnother(): Promise<void> {
      while (left > 0 && !signal.aborted) {
        left -= 1;
        const portal = await nextDayLimit(pool, AGAIN_MS);
        if (!portal) return;
        loops.push(await eachAlone([portal], 'portal', read));
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, oneAfterAnother));
    throwFirst(...loops);
    return loops.reduce((sum, { did }) => sum + did, 0);
  };
}
