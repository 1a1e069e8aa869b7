import type { ExecutionState } from './executionStates.js';
import { isoDuration } from '../duration.js';

/**
 * The outputs that HubSpot reads in our answer to a call, and in the completion of its callback: strings only
 * (docs/hubspot.md#custom-workflow-actions). The definition of the action (docs/action.json) declares those that begin
 * with `sluice_`.
 */
export type ActionOutputs = Readonly<Record<string, string>>;

/**
 * `released`: its turn came, the record goes on. Every other status goes on as failed, which a workflow can branch on.
 */
export type ActionStatus = 'released' | Exclude<ExecutionState, 'waiting' | 'sending' | 'completed' | 'gone'>;

/** HubSpot holds the record until the callback is completed, or until this time is over. */
export function blockOutputs(expiresInMs: number): ActionOutputs {
  return { hs_execution_state: 'BLOCK', hs_expiration_duration: isoDuration(expiresInMs) };
}

/**
 * HubSpot lets the record go on. `waitMs` and `reason` are said where they are given, `queue` where the step has one.
 */
export function endOutputs(
  status: ActionStatus,
  about: { readonly queue: string | null; readonly waitMs?: number | null; readonly reason?: string },
): ActionOutputs {
  const { queue, waitMs = null, reason } = about;
  return {
    hs_execution_state: status === 'released' ? 'SUCCESS' : 'FAIL_CONTINUE',
    sluice_status: status,
    ...(waitMs === null ? {} : { sluice_wait_seconds: String(Math.round(waitMs / 1000)) }),
    ...(queue === null ? {} : { sluice_queue: queue }),
    ...(reason === undefined ? {} : { sluice_reason: reason.slice(0, MAX_REASON) }),
  };
}

const MAX_REASON = 500;
