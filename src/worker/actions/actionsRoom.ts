import { createActionRunActivities } from '../../activities/actions/actionRunActivities.js';
import { createRunInstruments } from '../../activities/actions/instruments.js';
import { createActionsPortalHook } from '../../activities/actions/portalHook.js';
import { createRunCompleter } from '../../activities/actions/runCompleter.js';
import { actionRetention } from '../../db/actions/retention.js';
import { createHideSecrets } from '../../platform/hideSecrets.js';
import { ACTIONS_QUEUE } from '../../temporal/actions/contract.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';
import { createRunsSweep } from './runsSweep.js';

/** Of the slots of a worker one portal has this share at most. */
const SHARE_OF_PORTAL = 0.25;

/** Runs the handlers of actions of one's own. */
export function createActionsRoom(core: WorkerCore, temporal: ActionRunStarter): WorkerRoom {
  const { pool, config, gateway, definitions, actionSecrets } = core;
  const { actions } = definitions;
  const tables = actionRetention(config);
  return {
    activities: {
      [ACTIONS_QUEUE]: createActionRunActivities({
        ...{ ...core, actions, completer: createRunCompleter(gateway) },
        metrics: createRunInstruments(core.metrics, [...actions.keys()]),
        ...{ secrets: actionSecrets, hide: createHideSecrets(actionSecrets.values()) },
        mostOfPortal: Math.max(1, Math.floor(config.WORKER_ACTION_SLOTS * SHARE_OF_PORTAL)),
      }),
    },
    sweeps: [createRunsSweep(pool, temporal), ...createRetentionSweeps(pool, tables)],
    tables,
    portal: createActionsPortalHook(pool),
  };
}
