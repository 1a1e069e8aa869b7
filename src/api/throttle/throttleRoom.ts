import { searchThrottle } from '../../db/throttle/search.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import type { Operation } from '../http/operation.js';
import { operationsRouter } from '../http/operationsRouter.js';
import { ACTION_RATE_OPERATIONS } from './actionRateOperations.js';
import { EXECUTION_OPERATIONS } from './executionOperations.js';
import { watchLanes } from './instruments.js';
import { LANE_OPERATIONS } from './laneOperations.js';
import { THROTTLE_ATTENTION } from './throttleAttention.js';
import type { ThrottleIntake } from './throttleIntake.js';

/** HubSpot's action calls, and what a workspace sees and changes of its lanes, rates and executions. */
export function createThrottleRoom(core: ApiCore, intake: ThrottleIntake): ApiRoom {
  const { pool, config, logger, metrics } = core;
  watchLanes(metrics, core.probePool);
  const shared = { pool, config, logger, throttle: intake.control };
  const mount = (path: string, operations: readonly Operation<typeof shared>[]) =>
    operationsRouter(path, operations, shared, core);
  return {
    signed: [intake.actionRoute],
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
export function createThrottleIntakeRoom(intake: ThrottleIntake): ApiRoom {
  return { signed: [intake.actionRoute], close: () => intake.stop() };
}
