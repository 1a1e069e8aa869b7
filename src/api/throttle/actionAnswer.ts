import type { IntakeAnswer } from '../../db/throttle/intake.js';
import { blockOutputs, endOutputs, type ActionOutputs } from '../../domain/throttle/actionOutputs.js';

/** The body of our answer to HubSpot. */
export interface ActionAnswer {
  readonly outputFields: ActionOutputs;
}

/**
 * The answer for what became of the call, be it new or a repeat. `problem`: what of its step's fields was not
 * understood.
 */
export function answerFor(
  { state, reason, expiresInMs, plannedInMs, plannedAt, place }: IntakeAnswer,
  queue: string | null,
  problem: string | null = null,
): ActionAnswer {
  switch (state) {
    case 'waiting':
      return { outputFields: blockOutputs(expiresInMs ?? 0, { place, eta: plannedAt, reason: problem }) };
    case 'completed':
    case 'gone':
      return { outputFields: endOutputs('released', { queue }) };
    case 'refused':
      return { outputFields: endOutputs('refused', { queue, waitMs: plannedInMs, reason }) };
    case 'skipped':
      return { outputFields: endOutputs('skipped', { queue, reason }) };
    default:
      return { outputFields: endOutputs(state, { queue }) };
  }
}

/** The answer to a call that cannot be understood. */
export function rejectedFor(reason: string): ActionAnswer {
  return { outputFields: endOutputs('rejected', { queue: null, reason }) };
}
