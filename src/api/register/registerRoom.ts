import type { RegisterStarter } from '../../temporal/register/starter.js';
import type { ApiCore } from '../core.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { REGISTER_OPERATIONS } from './registerOperations.js';
import { createRegisterWaits } from './registerWaits.js';

/** Contacts with their deals and tickets, as applications have them written. */
export function createRegisterRoom(core: ApiCore, temporal: RegisterStarter): ApiRoom {
  const { pool, logger } = core;
  const deps = { pool, logger, waits: createRegisterWaits({ temporal, logger }) };
  return {
    keyedAtRoot: [
      {
        path: '/crm/register',
        router: operationsRouter('/crm/register', REGISTER_OPERATIONS, deps, core),
      },
    ],
  };
}
