import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import { ACTION_RUN_WORKFLOW, ACTIONS_QUEUE, actionRunWorkflowId, type ActionRunInput } from './contract.js';

export interface RunStart extends ActionRunInput {
  readonly callbackId: string;
}

export interface ActionRunStarter {
  /** Starts the run's workflow; does nothing when it is under way. */
  startRun(run: RunStart): Promise<void>;
  /** Has the run end as cancelled. False when its workflow does not run. */
  cancelRun(run: Pick<RunStart, 'portalId' | 'callbackId'>): Promise<boolean>;
}

export function createActionRunStarter(
  temporal: Pick<TemporalConnection, 'start' | 'cancel'>,
): ActionRunStarter {
  return {
    startRun: ({ workspaceId, portalId, runId, callbackId }) =>
      temporal.start({
        workflow: ACTION_RUN_WORKFLOW,
        queue: ACTIONS_QUEUE,
        workflowId: actionRunWorkflowId(portalId, callbackId),
        args: [{ workspaceId, portalId, runId }],
        summary: `Run ${runId} of an action, for portal ${portalId}`,
        searchAttributes: [
          { key: searchAttributes.portalId, value: String(portalId) },
          { key: searchAttributes.callbackId, value: callbackId },
        ],
      }),
    cancelRun: ({ portalId, callbackId }) => temporal.cancel(actionRunWorkflowId(portalId, callbackId)),
  };
}
