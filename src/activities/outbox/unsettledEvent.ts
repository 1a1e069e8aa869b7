import type { ClaimedEvent, Unsettled } from '../../db/outbox/claims.js';
import type { EffectStates } from '../../domain/outbox/effectStates.js';
import { decide, type RetryPolicy } from '../../domain/outbox/retry.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';

/** How long an event waits before it is looked at again while its portal's access is refused. */
const PAUSED_MS = 60_000;

/** What is booked for an event that failed: when it is tried again, or that it is dead. */
export function unsettledEvent(
  { eventId: id, attempts }: Pick<ClaimedEvent, 'eventId' | 'attempts'>,
  failure: Failure,
  effects: EffectStates,
  policy: RetryPolicy,
): Unsettled {
  const decision = decide(failure.class, attempts, policy, failure.retryAfterMs);
  const base = {
    id,
    class: failure.class,
    error: failure.message,
    effects,
    ...(failure.correlationId === undefined ? {} : { correlationId: failure.correlationId }),
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
