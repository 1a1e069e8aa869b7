import { intakeActionRuns, type ActionIntakeAnswer, type ActionIntakeCall } from '../../db/actions/intake.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { ApiCore } from '../core.js';
import { createCommitter } from '../http/committer.js';
import type { SignedRoute } from '../room.js';
import { createActionCallRoute } from './actionCallRoute.js';
import { createActionIntakeInstruments } from './instruments.js';
import { createActionOptionsRoutes } from './options/actionOptionsRoutes.js';
import { createRunQueue } from './runStarter.js';

export interface ActionIntake {
  readonly callRoute: SignedRoute;
  readonly optionsRoutes: readonly SignedRoute[];
  stop(): Promise<void>;
}

/** Wires what HubSpot calls of actions in one API process: committer, what starts their workflows, drop-downs. */
export function createActionIntake(core: ApiCore, temporal: ActionRunStarter): ActionIntake {
  const { config, intakePool: pool, logger, sealing, definitions } = core;
  const starter = createRunQueue(temporal, logger);
  const portals = createPortalResolver(pool);
  const metrics = createActionIntakeInstruments(core.metrics);
  const limits = {
    blockMinMs: config.THROTTLE_BLOCK_MIN_MS,
    blockMaxMs: config.THROTTLE_BLOCK_MAX_MS,
    guardMs: config.THROTTLE_EXPIRY_GUARD_MS,
  };
  const committer = createCommitter<ActionIntakeCall, ActionIntakeAnswer>({
    commit: (calls) => intakeActionRuns(pool, calls, limits),
    committed: () => crashPoint('actions.intake.committed'),
    onCommitted(calls, answers) {
      answers.forEach(({ fresh, state, runId, workspaceId }, n) => {
        const call = calls[n];
        if (!call || !fresh || state !== 'waiting') return;
        const { portalId, callbackId, action } = call;
        starter.add({ workspaceId, runId, portalId, callbackId, action });
      });
    },
  });
  return {
    callRoute: createActionCallRoute({
      ...{ committer, sealing, logger, portals, metrics },
      ...{ actions: definitions.actions, holdMs: config.THROTTLE_MIN_HOLD_MS },
    }),
    optionsRoutes: createActionOptionsRoutes({ pool, definitions, portals, logger, metrics }),
    async stop() {
      await committer.drain();
      await starter.stop();
    },
  };
}
