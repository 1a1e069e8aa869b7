import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import { ACTION_RUN_WORKFLOW, ACTIONS_QUEUE, actionRunWorkflowId, type ActionRunInput } from './contract.js';

export interface RunStart extends ActionRunInput {
  readonly callbackId: string;
}

export interface ActionRunStarter {
  /** Starts the run's workflow; does nothing when it is under way. */
  startRun(run: RunStart): Promise<void>;
  /**
   * A run that waits for no try any more: its workflow tells HubSpot now, and not when its pause is over. Where none
   * runs, one is started.
   */
  bringToEnd(run: RunStart): Promise<void>;
}

export function createActionRunStarter(
  temporal: Pick<TemporalConnection, 'start' | 'cancel'>,
): ActionRunStarter {
  const startRun = ({ workspaceId, portalId, runId, callbackId }: RunStart) =>
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
    });
  return {
    startRun,
    async bringToEnd(run) {
      if (!(await temporal.cancel(actionRunWorkflowId(run.portalId, run.callbackId)))) await startRun(run);
    },
  };
}
