/*
 * What becomes of an event after a try that did not succeed. Per class; law 8 (an unknown end is not a
 * failure) and 6 (each ends in a named state).
 */

export const ERROR_CLASSES = [
  /** HubSpot's limit, or the budget: nothing was tried. */
  'rate',
  /** HubSpot or the network was out of order. */
  'transient',
  /** It was sent and no answer came: it may have happened, so the next try looks first. */
  'unknown',
  /** HubSpot is changing the record at this moment (423). */
  'locked',
  /** HubSpot moves the account to another data centre (477). */
  'migrating',
  /** The portal's access is refused: everything of it waits until it is connected again. */
  'auth',
  /** HubSpot's answer is not understood, or it has no such path: nothing is concluded from it. */
  'unclear',
  /** Another record in HubSpot has what only one may have: it waits until somebody has said which is which. */
  'conflict',
  /** HubSpot refuses it, and will refuse it again. */
  'permanent',
  /** Our own code cannot make a request of it. */
  'poison',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** Classes of dead letters that are made without a try. */
export const DEAD_AT_ONCE = ['invalid', 'poison', 'disconnected', 'unclaimed'] as const;
/** By which an event can be found. */
export const EVENT_CLASSES = [...new Set([...ERROR_CLASSES, ...DEAD_AT_ONCE])];

export interface RetryPolicy {
  /** Tries after which an event is dead. */
  readonly maxAttempts: number;
  /**
   * Nothing of the portal has got through since its deliveries began to fail: HubSpot is away, and no event ends for
   * that. The circuit of the portal says so to people.
   */
  readonly standsStill?: boolean;
  readonly random: () => number;
}

export type Decision =
  | {
      readonly next: 'retry';
      readonly inMs: number;
      /** Tries that now stand behind the event. */
      readonly attempts: number;
    }
  | { readonly next: 'paused'; readonly attempts: number }
  | { readonly next: 'dead'; readonly attempts: number };

const BASE_MS = 1000;
const MAX_MS = 15 * 60_000;
const FIRST_WAIT_MS = 5000;
/** Some ten minutes of waiting: then people are told (outbox_settle_failed.sql). */
const TELL_AFTER_WAITS = 8;

/** Classes that end by themselves or by what people do: an event waits for that with growing pauses, and lives. */
export function waitsForSomebody(errorClass: ErrorClass): boolean {
  return errorClass === 'unclear' || errorClass === 'conflict';
}

/** Whether people are told after so many waits in a row for the same: once, and not at the first. */
export function isToldAfter(waits: number): boolean {
  return waits === TELL_AFTER_WAITS;
}

/**
 * What comes after a try that ended in `errorClass`, when `attempts` tries had been counted before it. Waiting for a
 * limit, for an account that moves, for access or for somebody is no try: such an event can wait for days and not die
 * of it. `retryAfterMs` is the other side's wish, which is never undercut. `waits`: how often in a row it now waits
 * for somebody.
 */
export function decide(
  errorClass: ErrorClass,
  attempts: number,
  policy: RetryPolicy,
  retryAfterMs = 0,
  waits = 1,
): Decision {
  switch (errorClass) {
    case 'rate':
    case 'migrating':
      // A little apart, so that those who were told the same time do not come at the same time.
      return { next: 'retry', inMs: Math.ceil(retryAfterMs + policy.random() * BASE_MS), attempts };
    case 'unclear':
    case 'conflict': {
      const longestMs = Math.min(MAX_MS, FIRST_WAIT_MS * 2 ** Math.min(30, Math.max(0, waits - 1)));
      const inMs = Math.round(longestMs * (1 - policy.random() / 2));
      return { next: 'retry', inMs: Math.max(retryAfterMs, inMs), attempts };
    }
    case 'auth':
      return { next: 'paused', attempts };
    case 'permanent':
    case 'poison':
      return { next: 'dead', attempts: attempts + 1 };
    case 'transient':
    case 'unknown':
    case 'locked': {
      const tried = attempts + 1;
      const isLast = tried >= policy.maxAttempts;
      if (isLast && !policy.standsStill) return { next: 'dead', attempts: tried };
      return {
        next: 'retry',
        inMs: Math.max(retryAfterMs, fullJitterMs(tried, policy.random)),
        attempts: isLast ? attempts : tried,
      };
    }
  }
}

/** A time between 0 and 1 s · 2^n, at most 15 minutes, for the wait after the n-th try. */
export function fullJitterMs(tried: number, random: () => number): number {
  return Math.round(random() * ceilingMs(tried));
}

/** The longest wait after the n-th try. */
export function ceilingMs(tried: number): number {
  return Math.min(MAX_MS, BASE_MS * 2 ** Math.min(30, Math.max(0, tried)));
}
