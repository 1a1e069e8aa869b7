import { intakeActionRuns, type ActionIntakeAnswer, type ActionIntakeCall } from '../../db/actions/intake.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { ApiCore } from '../core.js';
import { createCommitter } from '../http/committer.js';
import type { SignedRoute } from '../room.js';
import { createActionCallRoute } from './actionCallRoute.js';
import { createActionIntakeInstruments } from './instruments.js';
import { createRunQueue } from './runStarter.js';

export interface ActionIntake {
  readonly callRoute: SignedRoute;
  stop(): Promise<void>;
}

/** Wires the intake of calls of actions in one API process: committer, and what starts their workflows. */
export function createActionIntake(core: ApiCore, temporal: ActionRunStarter): ActionIntake {
  const { config, intakePool: pool, logger, sealing, definitions } = core;
  const starter = createRunQueue(temporal, logger);
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
      ...{ committer, sealing, logger, actions: definitions.actions, portals: createPortalResolver(pool) },
      ...{ holdMs: config.THROTTLE_MIN_HOLD_MS, metrics: createActionIntakeInstruments(core.metrics) },
    }),
    async stop() {
      await committer.drain();
      await starter.stop();
    },
  };
}
