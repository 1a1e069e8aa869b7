import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import { operationsRouter } from '../http/operationsRouter.js';
import { actionRatesRouter } from './actionRatesRouter.js';
import { executionsRouter } from './executionsRouter.js';
import { watchLanes } from './instruments.js';
import { LANE_OPERATIONS } from './laneOperations.js';
import type { ThrottleIntake } from './throttleIntake.js';

/** HubSpot's action calls, and what a workspace sees and changes of its lanes, rates and executions. */
export function createThrottleRoom(core: ApiCore, intake: ThrottleIntake): ApiRoom {
  const { pool, config, logger, metrics } = core;
  watchLanes(metrics, core.probePool);
  const shared = { pool, config, logger, throttle: intake.control };
  return {
    signed: [intake.actionRoute],
    keyed: [
      { path: '/config', router: actionRatesRouter(shared) },
      { path: '/lanes', router: operationsRouter('/lanes', LANE_OPERATIONS, shared, core.answerCheck) },
      { path: '/executions', router: executionsRouter(shared) },
    ],
    close: () => intake.stop(),
  };
}

/** HubSpot's action calls and nothing else: for a process of their own. */
export function createThrottleIntakeRoom(intake: ThrottleIntake): ApiRoom {
  return { signed: [intake.actionRoute], close: () => intake.stop() };
}
