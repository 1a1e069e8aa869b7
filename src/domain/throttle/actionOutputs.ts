import type { ExecutionState } from './executionStates.js';
import { isoDuration } from '../duration.js';

/**
 * The outputs that HubSpot reads in our answer to a call, and in the completion of its callback: strings only
 * (docs/hubspot.md#custom-workflow-actions). The definition of the action (docs/action.json) declares those that begin
 * with `sluice_`.
 */
export type ActionOutputs = Readonly<Record<string, string>>;

/**
 * `released`: its turn came, the record goes on. `skipped`: too many waited, and its step lets it go on then. Every
 * other status goes on as failed, which a workflow can branch on.
 */
export type ActionStatus = 'released' | Exclude<ExecutionState, 'waiting' | 'sending' | 'completed' | 'gone'>;

/**
 * HubSpot holds the record until the callback is completed, or until this time is over. `place`: its place in the lane;
 * `eta`: when its turn comes, by the rate; `reason`: what of the step's fields was not understood.
 */
export function blockOutputs(
  expiresInMs: number,
  about: { readonly place?: number | null; readonly eta?: Date | null; readonly reason?: string | null } = {},
): ActionOutputs {
  const { place = null, eta = null, reason = null } = about;
  return {
    hs_execution_state: 'BLOCK',
    hs_expiration_duration: isoDuration(expiresInMs),
    ...(place === null ? {} : { sluice_place: String(place) }),
    ...(eta === null ? {} : { sluice_eta: String(eta.getTime()) }),
    ...(reason === null ? {} : { sluice_reason: reason.slice(0, MAX_REASON) }),
  };
}

/**
 * HubSpot lets the record go on. `waitMs`, `place` and `reason` are said where they are given, `queue` where the step
 * has one.
 */
export function endOutputs(
  status: ActionStatus,
  about: {
    readonly queue: string | null;
    readonly waitMs?: number | null;
    readonly place?: number | null;
    readonly reason?: string | null;
  },
): ActionOutputs {
  const { queue, waitMs = null, place = null, reason = null } = about;
  return {
    hs_execution_state: GOES_ON.includes(status) ? 'SUCCESS' : 'FAIL_CONTINUE',
    sluice_status: status,
    ...(waitMs === null ? {} : { sluice_wait_seconds: String(Math.round(waitMs / 1000)) }),
    ...(place === null ? {} : { sluice_place: String(place) }),
    ...(queue === null ? {} : { sluice_queue: queue }),
    ...(reason === null ? {} : { sluice_reason: reason.slice(0, MAX_REASON) }),
  };
}

const GOES_ON: readonly ActionStatus[] = ['released', 'skipped'];
const MAX_REASON = 500;
