import type { Pool } from '../../../db/pool.js';
import type { PortalResolver } from '../../../db/portals/portalResolver.js';
import { forWorkspace } from '../../../db/tenant.js';
import { THROTTLE_PATH, THROTTLE_UID } from '../../../domain/actions/throttleDefinition.js';
import type { Logger } from '../../../platform/logger.js';
import type { ApiCore } from '../../core.js';
import type { SignedRoute } from '../../room.js';
import { queueOptions } from '../../throttle/queueOptions.js';
import { ACTIONS_PATH } from '../actionsPath.js';
import type { ActionIntakeInstruments } from '../instruments.js';
import { fieldOptions } from './fieldOptions.js';
import { createOptionsPages } from './optionsPages.js';
import { createOptionsRoute, OPTIONS_WITHIN_MS } from './optionsRoute.js';
import type { NoOptions, OptionsSource } from './optionsSource.js';

interface Dependencies {
  readonly pool: Pool;
  readonly definitions: Pick<ApiCore['definitions'], 'actions' | 'throttle'>;
  readonly portals: PortalResolver;
  readonly logger: Logger;
  readonly metrics: ActionIntakeInstruments;
}

/** So much is left for the answer itself, which the route sends in its time in any case. */
const FETCHED_WITHIN_MS = OPTIONS_WITHIN_MS - 100;

/** Drop-downs of actions of one's own, and the queues of the throttle. */
export function createActionOptionsRoutes(deps: Dependencies): SignedRoute[] {
  const { pool, definitions, ...shared } = deps;
  const pages = createOptionsPages({ timeoutMs: FETCHED_WITHIN_MS });

  function ofThrottle(field: string): OptionsSource | NoOptions {
    if (!definitions.throttle)
      return { message: 'The throttle is switched off here (builtIns of sluice.config.ts)' };
    if (field !== 'queue') return { message: 'The action has no such field with options' };
    return {
      ...{ action: THROTTLE_UID, version: 1, field },
      page: (asked) => queueOptions(forWorkspace(pool, asked.workspaceId), asked),
    };
  }

  return [
    createOptionsRoute({
      ...{ ...shared, pages, path: `${ACTIONS_PATH}/:name/options/:field` },
      sourceOf: (name = '', field = '') => fieldOptions(definitions.actions, name, field),
    }),
    createOptionsRoute({
      ...{ ...shared, pages, path: `${THROTTLE_PATH}/options/:field` },
      sourceOf: (field = '') => ofThrottle(field),
    }),
  ];
}
