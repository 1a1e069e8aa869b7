import type { ActionOutputs } from '../throttle/actionOutputs.js';

/** What an ended run was: `errorCode` null: its handler has done what it is for. */
export interface RunEnd {
  readonly errorCode: string | null;
  readonly reason: string | null;
  readonly outputs: ActionOutputs;
}

const MAX_REASON = 500;

/** What HubSpot gets of a run that has ended: rules and branches of a workflow look at `errorCode`. */
export function runOutputs({ errorCode, reason, outputs }: RunEnd): ActionOutputs {
  return {
    ...outputs,
    hs_execution_state: errorCode === null ? 'SUCCESS' : 'FAIL_CONTINUE',
    sluice_status: errorCode === null ? 'completed' : 'failed',
    ...(errorCode === null ? {} : { errorCode }),
    ...(reason === null ? {} : { sluice_reason: reason.slice(0, MAX_REASON) }),
  };
}
