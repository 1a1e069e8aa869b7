import type { Stack } from '../../test/support/stack.js';

/*
 * The window law as the sandbox saw it: the k-th release may arrive one interval after the (k − N)-th arrived, and no
 * earlier. Both are read from the sandbox's report alone.
 */

const SLOT_MS = 25;
/** More the report does not count out. */
const MAX_SLOTS = 10_000;

/** When each release of a workflow arrived, by the sandbox's clock, to the middle of a slot of 25 ms. */
export async function arrivalsOf(stack: Stack, workflowId: number): Promise<number[]> {
  const { lanes } = await stack.sandbox.report({ windowMs: SLOT_MS, workflowId });
  const lane = lanes[0];
  if (!lane || lane.firstCompletionMs === null) throw new Error(`Workflow ${workflowId} has no completions`);
  if (lane.perWindow.length >= MAX_SLOTS) throw new Error('The run is too long to be read to 25 ms');
  const first = lane.firstCompletionMs;
  return lane.perWindow.flatMap((count, slot) => Array<number>(count).fill(first + (slot + 0.5) * SLOT_MS));
}

export interface Rate {
  readonly limit: number;
  readonly intervalMs: number;
}

/** How much later than the law allowed each release arrived, of those that arrived before `untilMs`. Milliseconds. */
export function lateness(
  arrivals: readonly number[],
  { limit, intervalMs }: Rate,
  untilMs = Infinity,
): number[] {
  return arrivals
    .map((at, k) => ({ at, late: at - ((arrivals[k - limit] ?? NaN) + intervalMs) }))
    .slice(limit)
    .filter(({ at }) => at <= untilMs)
    .map(({ late }) => Math.max(0, late));
}

/** Of each window after the first: how long it took, as a share of what it need not have been longer than. */
export function useOfWindows(
  arrivals: readonly number[],
  { limit, intervalMs }: Rate,
  roundTripMs = 0,
): number[] {
  const ends = arrivals.filter((_, k) => k % limit === limit - 1);
  return ends.slice(1).map((end, n) => (intervalMs + roundTripMs) / (end - ends[n]!));
}

/** The same over the whole run. */
export function useOfLaw(arrivals: readonly number[], { limit, intervalMs }: Rate, roundTripMs = 0): number {
  const windows = Math.floor(arrivals.length / limit) - 1;
  const took = arrivals[(windows + 1) * limit - 1]! - arrivals[limit - 1]!;
  return (windows * (intervalMs + roundTripMs)) / took;
}
