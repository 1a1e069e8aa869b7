import { intakeActionRuns, type ActionIntakeAnswer, type ActionIntakeCall } from '../../db/actions/intake.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createHideSecrets, hideInLog } from '../../platform/hideSecrets.js';
import { createSecretsInUse } from '../../platform/secretsInUse.js';
import { keptEffects } from '../../services/actions/effects.js';
import { createRunInstruments } from '../../services/actions/instruments.js';
import { createPortalSettings } from '../../services/actions/portalSettings.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { ApiCore } from '../core.js';
import { createCommitter } from '../http/committer.js';
import type { SignedRoute } from '../room.js';
import { createActionCallRoute } from './actionCallRoute.js';
import { createInlineCalls } from './inlineCalls.js';
import { createActionIntakeInstruments } from './instruments.js';
import { createActionOptionsRoutes } from './options/actionOptionsRoutes.js';
import { createRunAnswers } from './runAnswers.js';
import { createRunQueue } from './runStarter.js';

export interface ActionIntake {
  readonly callRoute: SignedRoute;
  readonly optionsRoutes: readonly SignedRoute[];
  stop(): Promise<void>;
}

/**
 * Wires what HubSpot calls of actions in one API process: committer, what starts their workflows, what answers them at
 * once, drop-downs. `gateway`: for handlers that run here.
 */
export function createActionIntake(
  core: ApiCore,
  temporal: ActionRunStarter,
  gateway: Pick<Gateway, 'request'>,
): ActionIntake {
  const { config, intakePool: pool, logger, sealing, definitions, actionSecrets } = core;
  const { actions } = definitions;
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
        // One that waits for its turn is started by the worker that admits it.
        if (!call || call.lane || !fresh || state !== 'waiting') return;
        const { portalId, callbackId, action } = call;
        starter.add({ workspaceId, runId, portalId, callbackId, action });
      });
    },
  });
  const answers = createRunAnswers(sealing, config.THROTTLE_MIN_HOLD_MS);
  const hide = createHideSecrets(actionSecrets.values());
  const secretsInUse = createSecretsInUse();
  hideInLog(logger, secretsInUse.hide);
  const inline = createInlineCalls({
    ...{ pool, actions, answers, sealing, gateway, logger, effects: keptEffects(pool) },
    ...{ secrets: actionSecrets, hide: (text: string) => secretsInUse.hide(hide(text)) },
    ...{ settings: createPortalSettings({ pool, sealing }), secretsInUse },
    metrics: createRunInstruments(core.metrics, [...actions.keys()]),
  });
  return {
    callRoute: createActionCallRoute({
      ...{ committer, sealing, logger, portals, metrics, actions, answers, inline },
      defaultRate: config.THROTTLE_DEFAULT_RATE,
    }),
    optionsRoutes: createActionOptionsRoutes({ pool, definitions, portals, logger, metrics }),
    async stop() {
      inline.stop();
      await committer.drain();
      await starter.stop();
    },
  };
}
