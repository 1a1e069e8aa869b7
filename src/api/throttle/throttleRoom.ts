import { searchThrottle } from '../../db/throttle/search.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom, SignedRoute } from '../room.js';
import type { Operation } from '../http/operation.js';
import { operationsRouter } from '../http/operationsRouter.js';
import { ACTION_RATE_OPERATIONS } from './actionRateOperations.js';
import { EXECUTION_OPERATIONS } from './executionOperations.js';
import { watchLanes } from './instruments.js';
import { LANE_OPERATIONS } from './laneOperations.js';
import { THROTTLE_ATTENTION } from './throttleAttention.js';
import type { ThrottleIntake } from './throttleIntake.js';

const SWITCHED_OFF_MS = 60_000;

/** HubSpot's action calls, and what a workspace sees and changes of its lanes, rates and executions. */
export function createThrottleRoom(core: ApiCore, intake: ThrottleIntake): ApiRoom {
  const { pool, config, logger, metrics, definitions } = core;
  watchLanes(metrics, core.probePool);
  const shared = { pool, config, logger, throttle: intake.control };
  const mount = (path: string, operations: readonly Operation<typeof shared>[]) =>
    operationsRouter(path, operations, shared, core);
  return {
    signed: [whereOn(definitions, intake.actionRoute)],
    keyed: [
      { path: '/config', router: mount('/config', ACTION_RATE_OPERATIONS) },
      { path: '/lanes', router: mount('/lanes', LANE_OPERATIONS) },
      { path: '/executions', router: mount('/executions', EXECUTION_OPERATIONS) },
    ],
    attention: [THROTTLE_ATTENTION],
    search: [{ scopes: ['throttle:read'], search: searchThrottle }],
    close: () => intake.stop(),
  };
}

/** HubSpot's action calls and nothing else: for a process of their own. */
export function createThrottleIntakeRoom(
  { definitions }: Pick<ApiCore, 'definitions'>,
  intake: ThrottleIntake,
): ApiRoom {
  return { signed: [whereOn(definitions, intake.actionRoute)], close: () => intake.stop() };
}

/** Where the throttle is switched off, HubSpot calls again for as long as it does: a mistake loses nothing. */
function whereOn({ throttle }: Pick<ApiCore['definitions'], 'throttle'>, route: SignedRoute): SignedRoute {
  if (throttle) return route;
  const body = { message: 'The throttle is switched off here (builtIns of sluice.config.ts)' };
  return {
    ...route,
    answer: () =>
      Promise.resolve({ result: 'switched_off', status: 503, body, retryAfterMs: SWITCHED_OFF_MS }),
  };
}
