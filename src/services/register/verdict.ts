import { isFinal, type Failure } from '../outbox/delivery/failure.js';

/** For so long a step is tried: then it has failed, and can be resumed. */
const LONGEST_MS = 600_000;
const MOST_PAUSE_MS = 30_000;

/** Tries of a step that HubSpot does not take now, and the pause after the first; each is twice as long. */
export interface Patience {
  readonly tries: number;
  readonly firstPauseMs: number;
}

export interface Tried {
  readonly tries: number;
  readonly triedMs: number;
}

/** When a step is to be tried again of which these failures are left; undefined: it has failed. */
export function againInMs(
  failures: readonly Failure[],
  { tries, triedMs }: Tried,
  patience: Patience,
): number | undefined {
  if (failures.every(isOver) || tries >= patience.tries) return undefined;
  const pause = Math.min(patience.firstPauseMs * 2 ** (tries - 1), MOST_PAUSE_MS);
  const wait = Math.max(pause, ...failures.map(({ retryAfterMs = 0 }) => retryAfterMs));
  return triedMs + wait > LONGEST_MS ? undefined : wait;
}

/** Of a record that stands in the way it is for people to say whose it is. */
function isOver(failure: Failure): boolean {
  return isFinal(failure) || failure.class === 'conflict';
}

/** Why it failed, in words for whoever may resume it. */
export function reasonOf({ message }: Failure): string {
  return message.replaceAll('then redrive', 'then resume');
}
