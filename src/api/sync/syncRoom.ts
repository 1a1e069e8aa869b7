import { watchSyncs } from '../../services/sync/instruments.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { EXPLAIN_OPERATION } from './explainOperation.js';
import { FORMER_SYNC_OPERATIONS } from './formerSyncOperations.js';
import { PASS_OPERATIONS } from './passOperations.js';
import { SYNC_ATTENTION } from './syncAttention.js';
import { PORTAL_SCHEDULE_OPERATIONS } from './portalScheduleOperations.js';
import { PROPERTY_OPERATIONS } from './propertyOperations.js';
import { SYNC_OPERATIONS } from './syncOperations.js';
import { TYPE_OPERATIONS } from './typeOperations.js';

const FORMER = '/integrations/hubspot/sync';

/** What of which portals is mirrored. */
export function createSyncRoom(core: ApiCore, temporal: SyncStarter): ApiRoom {
  const { pool, logger, config } = core;
  watchSyncs(core.metrics, core.probePool);
  const deps = { pool, temporal, logger, config };
  return {
    attention: [SYNC_ATTENTION],
    keyed: [
      {
        path: '/sync',
        router: operationsRouter(
          '/sync',
          [
            ...TYPE_OPERATIONS,
            ...SYNC_OPERATIONS,
            EXPLAIN_OPERATION,
            ...PASS_OPERATIONS,
            ...PROPERTY_OPERATIONS,
          ],
          deps,
          core,
        ),
      },
      {
        path: '/sync-schedules',
        router: operationsRouter('/sync-schedules', PORTAL_SCHEDULE_OPERATIONS, deps, core),
      },
      { path: FORMER, router: operationsRouter(FORMER, FORMER_SYNC_OPERATIONS, deps, core) },
    ],
  };
}
