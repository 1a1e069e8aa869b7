import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { CHANGE_OPERATIONS } from './changeOperations.js';
import type { IsMirrored } from './mirroredTypes.js';
import { RECORD_OPERATIONS } from './recordOperations.js';

/** The records of portals and what changed in them, as the mirror has them. */
export function createCrmRoom(core: ApiCore, { isMirrored }: { readonly isMirrored: IsMirrored }): ApiRoom {
  const { pool } = core;
  return {
    keyed: [
      {
        path: '/objects',
        router: operationsRouter('/objects', RECORD_OPERATIONS, { pool, isMirrored }, core),
      },
      { path: '/changes', router: operationsRouter('/changes', CHANGE_OPERATIONS, { pool }, core) },
    ],
  };
}
