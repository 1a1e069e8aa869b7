import { createActionPackActivities } from '../../activities/actions/actionPackActivities.js';
import { createActionRunActivities } from '../../activities/actions/actionRunActivities.js';
import { createActionsPortalHook } from '../../activities/actions/portalHook.js';
import { createRunCompleter } from '../../activities/actions/runCompleter.js';
import { actionRetention } from '../../db/actions/retention.js';
import { createHideSecrets, hideInLog } from '../../platform/hideSecrets.js';
import { createSecretsInUse } from '../../platform/secretsInUse.js';
import { keptEffects } from '../../services/actions/effects.js';
import { createPortalSettings } from '../../services/actions/portalSettings.js';
import { createRunInstruments } from '../../services/actions/instruments.js';
import { createRunPlaces } from '../../services/actions/runPlaces.js';
import { ACTIONS_QUEUE } from '../../temporal/actions/contract.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';
import { createLaneAdmission } from './laneAdmission.js';
import { createRunsSweep } from './runsSweep.js';

/** Runs the handlers of actions of one's own. */
export function createActionsRoom(core: WorkerCore, temporal: ActionRunStarter): WorkerRoom {
  const { pool, config, gateway, definitions, actionSecrets } = core;
  const { actions } = definitions;
  const tables = actionRetention(config);
  const hide = createHideSecrets(actionSecrets.values());
  const secretsInUse = createSecretsInUse();
  hideInLog(core.logger, secretsInUse.hide);
  const deps = {
    ...{ ...core, actions, temporal, completer: createRunCompleter(gateway) },
    metrics: createRunInstruments(core.metrics, [...actions.keys()]),
    ...{ secrets: actionSecrets, hide: (text: string) => secretsInUse.hide(hide(text)) },
    ...{ settings: createPortalSettings(core), secretsInUse },
    ...{ effects: keptEffects(pool), places: createRunPlaces(config.WORKER_ACTION_SLOTS) },
  };
  const admission = createLaneAdmission({ ...core, actions, temporal });
  return {
    start: () => admission.start(),
    drain: () => admission.close(),
    activities: {
      [ACTIONS_QUEUE]: { ...createActionRunActivities(deps), ...createActionPackActivities(deps) },
    },
    sweeps: [createRunsSweep(pool, temporal), ...createRetentionSweeps(pool, tables)],
    tables,
    portal: createActionsPortalHook(pool),
  };
}
