import type { IntakeAnswer } from '../../db/throttle/intake.js';
import { blockOutputs, endOutputs, type ActionOutputs } from '../../domain/throttle/actionOutputs.js';

/** The body of our answer to HubSpot. */
export interface ActionAnswer {
  readonly outputFields: ActionOutputs;
}

/** The answer for what became of the call, be it new or a repeat. */
export function answerFor(
  { state, expiresInMs, plannedInMs }: IntakeAnswer,
  queue: string | null,
): ActionAnswer {
  switch (state) {
    case 'waiting':
      return { outputFields: blockOutputs(expiresInMs ?? 0) };
    case 'completed':
    case 'gone':
      return { outputFields: endOutputs('released', { queue }) };
    case 'refused':
      return { outputFields: endOutputs('refused', { queue, waitMs: plannedInMs }) };
    default:
      return { outputFields: endOutputs(state, { queue }) };
  }
}

/** The answer to a call that cannot be understood. */
export function rejectedFor(reason: string): ActionAnswer {
  return { outputFields: endOutputs('rejected', { queue: null, reason }) };
}
