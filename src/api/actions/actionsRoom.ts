import { searchActionRuns } from '../../db/actions/search.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { ApiCore } from '../core.js';
import type { Operation } from '../http/operation.js';
import { operationsRouter } from '../http/operationsRouter.js';
import type { ApiRoom } from '../room.js';
import { ACTION_RUN_OPERATIONS } from './actionRunOperations.js';
import type { ActionIntake } from './actionIntake.js';
import { ACTIONS_ATTENTION } from './actionsAttention.js';
import { DEFINED_ACTION_OPERATIONS } from './definedActionOperations.js';
import { PORTAL_SETTINGS_OPERATIONS } from './settingsOperations.js';

/** HubSpot's calls of actions of one's own, which there are, and what became of the calls. */
export function createActionsRoom(core: ApiCore, intake: ActionIntake, temporal: ActionRunStarter): ApiRoom {
  const { pool, config, logger, sealing, definitions } = core;
  const shared = { pool, config, logger, sealing, temporal, actions: definitions.actions };
  const operations: readonly Operation<typeof shared>[] = [
    ...ACTION_RUN_OPERATIONS,
    ...DEFINED_ACTION_OPERATIONS,
  ];
  const settings: readonly Operation<typeof shared>[] = PORTAL_SETTINGS_OPERATIONS;
  return {
    signed: [intake.callRoute, ...intake.optionsRoutes],
    keyed: [
      { path: '/actions', router: operationsRouter('/actions', operations, shared, core) },
      { path: '/portals', router: operationsRouter('/portals', settings, shared, core) },
    ],
    attention: [ACTIONS_ATTENTION],
    search: [{ scopes: ['throttle:read'], search: searchActionRuns }],
    close: () => intake.stop(),
  };
}

/** HubSpot's calls and nothing else: for a process of their own. */
export function createActionIntakeRoom(intake: ActionIntake): ApiRoom {
  return { signed: [intake.callRoute, ...intake.optionsRoutes], close: () => intake.stop() };
}
