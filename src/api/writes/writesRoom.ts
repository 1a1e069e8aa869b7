import { createPortalResolver } from '../../db/portals/portalResolver.js';
import type { DatabaseClock } from '../../db/clock.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { createRecordWrites } from '../../services/writes/recordWrites.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import type { ApiCore } from '../core.js';
import { jsonBody } from '../http/body.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { FORMER_LIST_OPERATIONS } from './formerListOperation.js';
import { LINK_WRITE_OPERATIONS } from './linkOperations.js';
import { WRITE_OPERATIONS } from './writeOperations.js';

/** A hundred records, or a few with long texts. */
const BODY = '1mb';

/** Writes of records: at HubSpot, and what came of them in the mirror. */
export function createWritesRoom(
  core: ApiCore,
  handed: {
    readonly gateway: Pick<Gateway, 'request' | 'acquire' | 'blocked'>;
    readonly clock: Pick<DatabaseClock, 'nowMs'>;
    readonly tombstones: Pick<TombstoneKeys, 'of'>;
  },
): ApiRoom {
  const { pool, logger, metrics } = core;
  const writes = createRecordWrites({ pool, logger, metrics, ...handed });
  const portals = createPortalResolver(pool);
  const deps = { pool, logger, portals, writes, gateway: handed.gateway, clock: handed.clock };
  return {
    keyed: [
      {
        path: '/objects',
        body: jsonBody(BODY),
        router: operationsRouter('/objects', [...WRITE_OPERATIONS, ...LINK_WRITE_OPERATIONS], deps, core),
      },
    ],
    keyedAtRoot: [{ path: '/crm', router: operationsRouter('/crm', FORMER_LIST_OPERATIONS, deps, core) }],
    drain: () => writes.stop(),
  };
}
