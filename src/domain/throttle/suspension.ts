/*
 * A portal's releases are suspended while HubSpot refuses its completions for a reason that is the portal's and not
 * that of one execution. One call at a time finds out whether the reason is gone; everything else of the portal waits
 * for that.
 */

export const SUSPENSION_REASONS = [
  /** 401, or the portal has no token that can be used. */
  'unauthorized',
  /** 403. */
  'forbidden',
  /** 423. */
  'locked',
  /** 477. */
  'migrating',
  /** 429, a day's limit above all: it is left alone for longer than a call may wait. */
  'throttled',
  /** HubSpot does not answer for the portal: its circuit breaker is open. */
  'breaker',
  /** The token cannot be refreshed at the moment. */
  'token',
  /** HubSpot knows none of the callbacks of a call: the path may be wrong rather than all of them over. */
  'path',
] as const;

export type SuspensionReason = (typeof SUSPENSION_REASONS)[number];

/** Between two calls that find out, doubling: HubSpot does not tell when a token, a scope or a path is right again. */
const PROBE_MS: Record<SuspensionReason, { readonly first: number; readonly max: number }> = {
  unauthorized: { first: 5000, max: 60_000 },
  forbidden: { first: 5000, max: 60_000 },
  token: { first: 5000, max: 60_000 },
  path: { first: 5000, max: 60_000 },
  locked: { first: 2000, max: 30_000 },
  // HubSpot or the breaker says how long. The breaker may be closed by what else HubSpot takes of the portal.
  migrating: { first: 1000, max: 60_000 },
  throttled: { first: 1000, max: 60_000 },
  breaker: { first: 1000, max: 60_000 },
};

/**
 * For how long the portal is left alone after the `refusals`-th refusal in a row; `askedMs` is what HubSpot asks for.
 */
export function suspendForMs(reason: SuspensionReason, refusals: number, askedMs: number): number {
  const { first, max } = PROBE_MS[reason];
  return Math.max(askedMs, Math.min(max, first * 2 ** Math.min(30, Math.max(0, refusals - 1))));
}
