import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { CRM_ATTENTION } from './crmAttention.js';
import { CHANGE_OPERATIONS } from './changeOperations.js';
import { CONSUMER_ACTIONS } from './consumerActions.js';
import { CONSUMER_OPERATIONS } from './consumerOperations.js';
import { DECLARED_OPERATIONS } from './declaredOperations.js';
import { exportRouter } from './exportRouter.js';
import { createFeedWatch } from './feedWatch.js';
import type { FreshRecords } from './freshRecords.js';
import { LOCAL_RECORD_OPERATIONS } from './localRecordOperations.js';
import type { FindMirror } from './mirroredTypes.js';
import { SQL_VIEW_OPERATIONS } from './sqlViewOperations.js';
import { NAME_OPERATIONS } from './nameOperations.js';
import { RECORD_OPERATIONS } from './recordOperations.js';

/** The records of portals and what changed in them, as the mirror has them. */
export function createCrmRoom(
  core: ApiCore,
  { findMirror, fresh }: { readonly findMirror: FindMirror; readonly fresh: FreshRecords },
): ApiRoom {
  const { pool, logger } = core;
  const records = { pool, findMirror, fresh, logger };
  const watch = createFeedWatch({ pool, logger });
  return {
    attention: [CRM_ATTENTION],
    keyed: [
      { path: '/objects', router: exportRouter(records) },
      { path: '/objects', router: operationsRouter('/objects', DECLARED_OPERATIONS, records, core) },
      { path: '/objects', router: operationsRouter('/objects', RECORD_OPERATIONS, records, core) },
      { path: '/sql-views', router: operationsRouter('/sql-views', SQL_VIEW_OPERATIONS, records, core) },
      ...['/owners', '/pipelines'].map((path) => ({
        path,
        router: operationsRouter(
          path,
          NAME_OPERATIONS.filter((one) => one.path.startsWith(`/api${path}`)),
          { pool },
          core,
        ),
      })),
      {
        path: '/consumers',
        router: operationsRouter('/consumers', [...CONSUMER_OPERATIONS, ...CONSUMER_ACTIONS], core, core),
      },
      { path: '/changes', router: operationsRouter('/changes', CHANGE_OPERATIONS, { pool, watch }, core) },
    ],
    keyedAtRoot: [
      { path: '/objects', router: operationsRouter('/objects', LOCAL_RECORD_OPERATIONS, records, core) },
    ],
    drain() {
      watch.end();
      return Promise.resolve();
    },
  };
}
