import { nextSchemasDue } from '../../db/crm/objectSchemas.js';
import type { Pool } from '../../db/pool.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { eachAlone, throwFirst, type Alone } from '../../platform/eachAlone.js';
import { readObjectSchemas, SCHEMAS_EVERY_MS } from '../../services/sync/objectSchemas.js';

const AT_ONCE = 4;
const MAX_PER_SWEEP = 200;

/**
 * A sweep of the reconciler: reads of each portal once an hour, and soon after it was connected, which custom objects
 * it has, whether any of them is mirrored or not. One that HubSpot does not show is no failure: that is noted.
 */
export function createSchemasSweep(deps: {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
}) {
  return async (signal: AbortSignal): Promise<number> => {
    let left = MAX_PER_SWEEP;
    const loops: Alone[] = [];
    /** Takes one when it can have it, so that those to whom the time does not come lose no hour. */
    async function oneAfterAnother(): Promise<void> {
      while (left > 0 && !signal.aborted) {
        left -= 1;
        const portal = await nextSchemasDue(deps.pool, SCHEMAS_EVERY_MS);
        if (!portal) return;
        loops.push(await eachAlone([portal], 'portal', (one) => readObjectSchemas(deps, one)));
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, oneAfterAnother));
    throwFirst(...loops);
    return loops.reduce((sum, { did }) => sum + did, 0);
  };
}
