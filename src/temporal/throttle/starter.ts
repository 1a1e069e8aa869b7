import type { Config } from '../../platform/config/config.js';
import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import { NUDGE_SIGNAL, THROTTLE_QUEUE, THROTTLE_WORKFLOW, type ThrottleInput } from './contract.js';

/** A pack as its workflow is started for it. */
export interface PackStart extends Omit<ThrottleInput, 'horizonMs'> {
  readonly workflowId: string;
  readonly headCallbackId: string;
}

export interface ThrottleStarter {
  /** Starts the pack's workflow; does nothing when it already runs. Starts it anew when it had ended. */
  startPack(pack: PackStart): Promise<void>;
  /** Wakes a pack's workflow. False when it no longer runs. */
  nudgePack(workflowId: string): Promise<boolean>;
}

export function createThrottleStarter(
  temporal: TemporalConnection,
  config: Pick<Config, 'THROTTLE_HORIZON_MS'>,
): ThrottleStarter {
  return {
    async startPack({ workflowId, headCallbackId, ...pack }) {
      const input: ThrottleInput = {
        workspaceId: pack.workspaceId,
        packId: pack.packId,
        portalId: pack.portalId,
        laneId: pack.laneId,
        size: pack.size,
        dueInMs: Math.max(0, Math.round(pack.dueInMs)),
        horizonMs: config.THROTTLE_HORIZON_MS,
      };
      await temporal.start({
        workflow: THROTTLE_WORKFLOW,
        queue: THROTTLE_QUEUE,
        workflowId,
        args: [input],
        summary: `${pack.size} execution${pack.size === 1 ? '' : 's'} of portal ${pack.portalId}, lane ${pack.laneId}`,
        searchAttributes: [
          { key: searchAttributes.portalId, value: String(pack.portalId) },
          { key: searchAttributes.lane, value: pack.laneId },
          { key: searchAttributes.callbackId, value: headCallbackId },
          { key: searchAttributes.executionState, value: 'waiting' },
        ],
      });
    },

    nudgePack: (workflowId) => temporal.signal(workflowId, NUDGE_SIGNAL),
  };
}
