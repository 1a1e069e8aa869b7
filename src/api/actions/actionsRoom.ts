import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { DEFINED_ACTION_OPERATIONS } from './definedActionOperations.js';

/** Actions of one's own: which there are. */
export function createActionsRoom(core: ApiCore): ApiRoom {
  const { definitions } = core;
  return {
    keyed: [
      {
        path: '/actions',
        router: operationsRouter('/actions', DEFINED_ACTION_OPERATIONS, definitions, core),
      },
    ],
  };
}
