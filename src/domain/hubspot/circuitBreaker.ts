import { backoffMs } from './backoff.js';

/*
 * A portal's circuit breaker. It opens when several requests in a row came to nothing, for a time that doubles with
 * each opening; then one request is let through, and what becomes of it closes the breaker or opens it again. How often
 * it has opened is shared by all processes (budget_rings), failures in a row are counted by each.
 */

export interface Breaker {
  /** In a row, as this process saw them. */
  readonly failures: number;
  /** How often it has opened since it was last closed, as far as this process knows; 0: closed. */
  readonly opens: number;
}

/** What a process finds out about HubSpot. */
export type BreakerObservation =
  | { kind: 'answered' }
  /** No answer came, or HubSpot was not able. `probe`: to the one request that was let through to find out. */
  | { kind: 'failed'; probe: boolean };
export type BreakerEvent =
  | BreakerObservation
  /** What the database says. */
  | { kind: 'stored'; opens: number };

/** What is to be done with the shared state. */
export type BreakerAction = 'open' | 'close' | undefined;

export const CLOSED: Breaker = { failures: 0, opens: 0 };
const OPEN_AFTER = 5;
const OPEN_MS = { baseMs: 1000, maxMs: 300_000 };

export function nextBreaker(
  breaker: Breaker,
  event: BreakerEvent,
): { breaker: Breaker; action: BreakerAction } {
  switch (event.kind) {
    case 'answered':
      return { breaker: { ...breaker, failures: 0 }, action: breaker.opens > 0 ? 'close' : undefined };
    case 'failed': {
      // A request that was sent before it opened says nothing new.
      if (breaker.opens > 0) return { breaker, action: event.probe ? 'open' : undefined };
      const failures = breaker.failures + 1;
      return { breaker: { ...breaker, failures }, action: failures >= OPEN_AFTER ? 'open' : undefined };
    }
    case 'stored':
      return {
        breaker: { failures: event.opens === breaker.opens ? breaker.failures : 0, opens: event.opens },
        action: undefined,
      };
  }
}

/** For how long it opens, when it has opened that often before. */
export function openForMs(opens: number, random: () => number): number {
  return backoffMs(opens + 1, { ...OPEN_MS, random });
}
