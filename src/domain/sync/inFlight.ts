/*
 * How many requests of one reader are under way at a time, so that what its portal's limit leaves for it is used up.
 * Those that wait for their turn do so in the gateway, behind all that is more urgent, and cost nothing; but one that
 * waits too long ends its run. So there are more and more of them while they are answered soon, and fewer when not.
 */

export interface InFlight {
  /** So many at a time. */
  readonly most: number;
  /** A request was answered after so long, waits for its turn included. */
  answered(ms: number): void;
}

const FIRST = 2;
/** Eight at half a second each are more than HubSpot's usual limit; and a page has up to 10 MB. */
const MOST = 8;
const SOON_MS = 2000;
/** A quarter of the time that a request has. */
const LATE_MS = 5000;
/** What is newest counts for so much. */
const WEIGHT = 0.25;

export function createInFlight(): InFlight {
  let most = FIRST;
  let usualMs: number | undefined;
  let since = 0;
  return {
    get most() {
      return most;
    },
    answered(ms) {
      usualMs = usualMs === undefined ? ms : usualMs + WEIGHT * (ms - usualMs);
      since += 1;
      // Those that were under way when it changed last say nothing of the change.
      if (since <= most) return;
      const wanted = usualMs < SOON_MS ? most + 1 : usualMs > LATE_MS ? most - 1 : most;
      most = Math.min(MOST, Math.max(1, wanted));
      since = 0;
    },
  };
}
