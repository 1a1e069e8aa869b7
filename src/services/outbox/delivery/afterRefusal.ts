import type { Row } from '../../../domain/outbox/plan.js';
import type { BatchTask } from './batchTask.js';
import { saysAbsent } from './afterLookUp.js';
import { isFinal, type Failure } from './failure.js';
import { isTaken } from './identity.js';

/*
 * What HubSpot refuses, as rules without state: a request that is refused as a whole, and a row that is refused by
 * itself.
 */

export interface Refused<Input> {
  /** Those that the refusal is about. */
  readonly failed: readonly Input[];
  /** Those that are asked for again, in so many requests. */
  readonly again: readonly (readonly Input[])[];
}

/**
 * What becomes of the inputs of a request that HubSpot refused as a whole. Where it names what is wrong, the inputs
 * that `isNamed` finds fail, and the others go again. Otherwise the request is halved until the bad input stands
 * alone.
 */
export function afterRefusal<Input>(
  inputs: readonly Input[],
  isNamed: (input: Input) => boolean,
): Refused<Input> {
  const failed = inputs.filter(isNamed);
  const others = inputs.filter((input) => !failed.includes(input));
  if (failed.length > 0) return { failed, again: others.length > 0 ? [others] : [] };
  if (inputs.length <= 1) return { failed: inputs, again: [] };
  const middle = Math.ceil(inputs.length / 2);
  return { failed, again: [inputs.slice(0, middle), inputs.slice(middle)] };
}

/** What becomes of one row that HubSpot refused. */
export type RowRefusal =
  | 'failed'
  /** HubSpot had it already. */
  | 'done'
  /** Its record was made, merged or removed after it had been looked for: it is looked up again, once. */
  | 'lookAgain'
  /** HubSpot does not find its record under this id, which it may have had before a merge: it is looked for, once. */
  | 'confirm'
  /** Another record has what only one may have: whose it is is looked up, once. */
  | 'identify'
  /** Several effects were merged into the row: each is written by itself, to find the one that is refused. */
  | 'takeApart'
  /** Another record has what only one may have, and may be another person's. */
  | 'conflict';

export interface Tried {
  readonly lookedAgain: boolean;
  readonly identified: boolean;
}

export function afterRowRefusal(
  kind: BatchTask['do'],
  { operation, parts }: Row,
  failure: Failure,
  { lookedAgain, identified }: Tried,
): RowRefusal {
  // HubSpot takes an app event with one id once (docs/hubspot.md#events-and-timeline).
  if (operation.op === 'appEvent' && failure.status === 409) return 'done';
  if (operation.op !== 'record') return 'failed';
  const isUpsert = operation.mode === 'upsert';
  if (kind === 'update' && saysAbsent(failure.category) && !lookedAgain)
    return isUpsert ? 'lookAgain' : 'confirm';
  if (isTaken(failure)) {
    if (kind === 'create' && isUpsert && !lookedAgain && failure.existingId === undefined) return 'lookAgain';
    const isContact = operation.objectType === 'contacts' && isUpsert;
    if (isContact && failure.existingId !== undefined && !identified) return 'identify';
    if (kind === 'create' && isUpsert && !lookedAgain) return 'lookAgain';
    if (isContact && parts.length === 1) return 'conflict';
  }
  return parts.length > 1 && isFinal(failure) ? 'takeApart' : 'failed';
}
