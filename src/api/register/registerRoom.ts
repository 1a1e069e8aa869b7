import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { searchRegistrations } from '../../db/register/search.js';
import { countTurnedAway } from '../../services/register/instruments.js';
import { createPortalDefinitions } from '../../services/register/portalDefinitions.js';
import type { RegisterStarter } from '../../temporal/register/starter.js';
import type { ApiCore } from '../core.js';
import { jsonBody } from '../http/body.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { REGISTER_OPERATIONS } from './registerOperations.js';
import { REGISTER_ATTENTION } from './registerAttention.js';
import { createRegisterWaits } from './registerWaits.js';

/** Eighty rows with what people write into tickets. */
const BODY = '1mb';

/** Contacts with their deals and tickets, as applications have them written. */
export function createRegisterRoom(
  core: ApiCore,
  temporal: RegisterStarter,
  { gateway }: { readonly gateway: Pick<Gateway, 'request'> },
): ApiRoom {
  const { pool, logger, config, metrics } = core;
  const deps = {
    ...{ pool, logger, waits: createRegisterWaits({ temporal, logger }) },
    definitions: createPortalDefinitions({ gateway }),
    refusePhones: config.REGISTER_REFUSE_PHONES,
    ...{ mostOpen: config.REGISTER_MAX_OPEN, onTurnedAway: countTurnedAway(metrics) },
  };
  return {
    keyedAtRoot: [
      {
        path: '/crm/register',
        body: jsonBody(BODY),
        router: operationsRouter('/crm/register', REGISTER_OPERATIONS, deps, core),
      },
    ],
    attention: [REGISTER_ATTENTION],
    search: [{ scopes: ['crm'], search: searchRegistrations }],
  };
}
