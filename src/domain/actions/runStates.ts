/** `waiting`: for its handler, or another try of it. `completing`: its outputs are kept, and HubSpot is to get them. */
export const OPEN_RUN_STATES = ['waiting', 'completing'] as const;

/**
 * `completed`: HubSpot has what the handler gave. `failed`: the record went on as failed, or HubSpot did not take the
 * completion. `cancelled`: somebody, or the end of the portal, ended it. `gone`: HubSpot does not know the callback.
 * `refused`: the portal is being disconnected. `rejected`: the fields of the step do not fit.
 */
export const ENDED_RUN_STATES = ['completed', 'failed', 'cancelled', 'gone', 'refused', 'rejected'] as const;

export const RUN_STATES = [...OPEN_RUN_STATES, ...ENDED_RUN_STATES] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Codes that are ours; those of `ActionFailed` are whatever its author wrote. */
export const RUN_ERRORS = [
  'invalid_input',
  'invalid_output',
  'gave_up',
  'cancelled',
  'refused',
  'erased',
] as const;
export type RunError = (typeof RUN_ERRORS)[number];
