import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import {
  ACTION_PACK_WORKFLOW,
  ACTION_RUN_WORKFLOW,
  actionPackWorkflowId,
  ACTIONS_QUEUE,
  actionRunWorkflowId,
  type ActionRunInput,
} from './contract.js';

export interface RunStart extends ActionRunInput {
  readonly callbackId: string;
}

/** Runs of an action in a portal that were not tried yet, one at least. */
export interface PackStart {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly action: string;
  readonly runs: readonly [PackedRun, ...PackedRun[]];
}

export type PackedRun = Pick<RunStart, 'runId' | 'callbackId'>;

/** So many runs share a workflow at most. */
export const MAX_PER_PACK = 50;

export interface ActionRunStarter {
  /** Starts the workflow that makes their first tries; does nothing when that of the first one's pack is under way. */
  startPack(pack: PackStart): Promise<void>;
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
  const startRun = ({ callbackId, ...run }: RunStart) =>
    temporal.start({
      workflow: ACTION_RUN_WORKFLOW,
      queue: ACTIONS_QUEUE,
      workflowId: actionRunWorkflowId(run.portalId, callbackId),
      args: [run],
      summary: `Run ${run.runId} of an action, for portal ${run.portalId}`,
      searchAttributes: [
        { key: searchAttributes.portalId, value: String(run.portalId) },
        { key: searchAttributes.callbackId, value: callbackId },
      ],
    });
  return {
    startRun,
    startPack: ({ runs, ...pack }) =>
      temporal.start({
        workflow: ACTION_PACK_WORKFLOW,
        queue: ACTIONS_QUEUE,
        workflowId: actionPackWorkflowId(pack.portalId, runs[0].runId),
        args: [{ ...pack, runIds: runs.map(({ runId }) => runId) }],
        summary: `${runs.length} run${runs.length === 1 ? '' : 's'} of the action ${pack.action}, for portal ${pack.portalId}`,
        searchAttributes: [
          { key: searchAttributes.portalId, value: String(pack.portalId) },
          { key: searchAttributes.callbackId, value: runs[0].callbackId },
        ],
      }),
    async bringToEnd(run) {
      if (!(await temporal.cancel(actionRunWorkflowId(run.portalId, run.callbackId)))) await startRun(run);
    },
  };
}
