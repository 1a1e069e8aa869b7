/** `waiting`: for its turn, or for its end out of turn. `sending`: its completion is on its way to HubSpot. */
export const WAITING_STATES = ['waiting', 'sending'] as const;

/**
 * `completed`: HubSpot took the completion of its turn. `refused`: it was never taken in. `skipped`: neither was it, as
 * its step lets a record go on where too many wait. `expired`: it was ended
 * before HubSpot gave it up. `cancelled`: an operator, or the end of its portal, ended it. `failed`: HubSpot did not
 * take the completion. `gone`: HubSpot does not know the callback. `rejected`: the call could not be understood.
 */
export const TERMINAL_STATES = [
  'completed',
  'refused',
  'skipped',
  'expired',
  'cancelled',
  'failed',
  'gone',
  'rejected',
] as const;

export const EXECUTION_STATES = [...WAITING_STATES, ...TERMINAL_STATES] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

/** How an execution ends that was sent to HubSpot. */
export type ReleaseState = Extract<ExecutionState, 'completed' | 'cancelled' | 'expired' | 'gone' | 'failed'>;

/** What ends an execution out of turn, outside of its lane's window. */
export const ENDINGS = ['released', 'cancelled', 'expired'] as const;
export type Ending = (typeof ENDINGS)[number];

/** States in which HubSpot has taken no answer from us: only these can be sent again without contradicting one. */
export const RETRIABLE_STATES: readonly ExecutionState[] = ['failed', 'gone'];
