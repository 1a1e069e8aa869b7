import type { ClaimedEvent, Unsettled } from '../../db/outbox/claims.js';
import { readEffectStates, type EffectState, type EffectStates } from '../../domain/outbox/effectStates.js';
import { decide, isToldAfter, waitsForSomebody, type RetryPolicy } from '../../domain/outbox/retry.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';

/** How long an event waits before it is looked at again while its portal's access is refused. */
const PAUSED_MS = 60_000;

/** The effect that failed, by its number, and the states of all of them. */
interface Failed {
  readonly failure: Failure;
  readonly n: number;
  readonly effects: EffectStates;
}

/** What is booked for an event that failed: when it is tried again, or that it is dead. */
export function unsettledEvent(
  event: Pick<ClaimedEvent, 'eventId' | 'attempts' | 'effects'>,
  { failure, n, effects }: Failed,
  policy: RetryPolicy,
): Unsettled {
  const { eventId: id, attempts } = event;
  const waits = waitsForSomebody(failure.class)
    ? 1 + waitedBefore(readEffectStates(event.effects)[n], failure)
    : undefined;
  const decision = decide(failure.class, attempts, policy, failure.retryAfterMs, waits);
  const { fallback, perhapsTaken } = effects[n] ?? {};
  const state: EffectState = {
    ...{ state: 'failed', class: failure.class },
    ...(waits !== undefined && { waits }),
    ...(fallback && { fallback }),
    ...(perhapsTaken && { perhapsTaken }),
  };
  const base = {
    id,
    class: failure.class,
    error: failure.message,
    effects: { ...effects, [n]: state },
    ...(failure.correlationId === undefined ? {} : { correlationId: failure.correlationId }),
    ...(waits !== undefined && isToldAfter(waits) && { tell: true }),
  };
  switch (decision.next) {
    case 'dead':
      return { ...base, to: 'dead' };
    case 'paused':
      return { ...base, to: 'paused', inMs: PAUSED_MS };
    case 'retry':
      return { ...base, to: decision.attempts > attempts ? 'retry' : 'paused', inMs: decision.inMs };
  }
}

function waitedBefore(before: EffectState | undefined, failure: Failure): number {
  return before?.class === failure.class ? (before.waits ?? 0) : 0;
}
