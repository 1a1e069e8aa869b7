/** A type is read for so long at most before its slot is another's. */
export const LONGEST_TURN_MS = 60_000;
/** What waits for a slot has one so soon, also where all are taken, as far as turns may be that short. */
export const WAITING_BOUND_MS = 10_000;
/** Below that a turn would be spent on beginning and ending it. */
const SHORTEST_TURN_MS = 1000;

/**
 * How long a turn lasts where all slots of a worker are taken, and so many wait: as many turns one after the other as
 * those that wait need fill the bound.
 */
export function turnMs(
  waiting: number,
  slots: number,
  { boundMs = WAITING_BOUND_MS, shortestMs = SHORTEST_TURN_MS } = {},
): number {
  if (waiting === 0) return LONGEST_TURN_MS;
  return Math.min(LONGEST_TURN_MS, Math.max(shortestMs, boundMs / Math.ceil(waiting / slots)));
}
