import { isBackground, PACED, PRIORITIES, type PacedPriority } from '../../domain/hubspot/priorities.js';

/*
 * When it is worth asking the database for slots, and for how many. Arithmetic alone: times are monotonic milliseconds
 * that the caller hands in, and lists go by priority, in the order of PRIORITIES.
 */

export interface Pace {
  /** The distance of two slots that are given out evenly. */
  readonly slotMs: number;
  /** Sync and backfill leave a slot that has come free to the other priorities of all processes for so long. */
  readonly patienceMs: number;
  /** Of the paced priorities: how many slots each may be ahead of an even pace. */
  readonly bursts: readonly number[];
}

/** As a share of the bucket, and at least. */
const BURSTS: Record<PacedPriority, { share: number; min: number }> = {
  interactive: { share: 1 / 4, min: 2 },
  outbox: { share: 1 / 10, min: 2 },
  sync: { share: 1 / 22, min: 2 },
  backfill: { share: 1 / 22, min: 2 },
};
/** As a share of the interval, and at most. */
const PATIENCE = { share: 1 / 100, maxMs: 30 };
/** After asking in vain for a slot that seemed free: another process is taking it, or another priority is at turn. */
export const MIN_POLL_MS = 25;
/** A timer that fires a fraction early would find nothing, and wait for the shortest poll. */
export const TIMER_GRAIN_MS = 1;
/** Nobody knows when leased slots come free: given back at once, or one interval after an answer that is to come. */
export const LEASED_POLL_MS = 250;
/** A block may end before its time, so it is looked at now and then. */
export const BLOCKED_POLL_MS = 2000;

export function paceOf({ slots, intervalMs }: { slots: number; intervalMs: number }): Pace {
  return {
    slotMs: intervalMs / slots,
    patienceMs: Math.min(PATIENCE.maxMs, intervalMs * PATIENCE.share),
    bursts: PACED.map((priority) =>
      Math.max(BURSTS[priority].min, Math.round(slots * BURSTS[priority].share)),
    ),
  };
}

/** What the database said about a bucket when it was asked. */
export interface BucketNews {
  /** When the next slot comes free; 0, less or null: one is free now. */
  readonly nextMs: number | null;
  /** How many slots are leased, by all processes. */
  readonly leased: number;
  /** How far the bucket is ahead of an even pace. Undefined where another process was just being served. */
  readonly aheadMs: number | undefined;
  /** How many slots were asked for, and how many were given. */
  readonly wanted: readonly number[];
  readonly got: readonly number[];
}

/** When asking again is worth it, for each priority; 0: at once. */
export function nextAsks(pace: Pace, news: BucketNews, now: number): number[] {
  const freeInMs = Math.max(0, news.nextMs ?? 0);
  const leasedHere = news.got.reduce((sum, count) => sum + count, 0);
  const knownForMs = news.leased > leasedHere ? LEASED_POLL_MS : Infinity;
  return PRIORITIES.map((priority, n) => {
    const served = (news.got[n] ?? 0) >= (news.wanted[n] ?? 0);
    const patienceMs = isBackground(priority) ? pace.patienceMs : 0;
    const untilFreeMs = freeInMs > 0 ? Math.min(freeInMs + patienceMs, knownForMs) : 0;
    const waitMs = Math.max(untilFreeMs, untilPacedMs(pace, n, news.aheadMs));
    if (waitMs <= 0 && served) return 0;
    return now + Math.max(served ? 0 : MIN_POLL_MS, waitMs + TIMER_GRAIN_MS);
  });
}

/** Completions, which come first, are not paced. */
function untilPacedMs({ bursts, slotMs }: Pace, n: number, aheadMs: number | undefined): number {
  if (n === 0 || aheadMs === undefined) return 0;
  return aheadMs - ((bursts[n - 1] ?? 1) - 1) * slotMs;
}

/** When asking is worth it while the portal is blocked for another `leftMs`. */
export function nextAskWhileBlocked(leftMs: number, now: number): number {
  return now + Math.min(leftMs + TIMER_GRAIN_MS, BLOCKED_POLL_MS);
}

/** When the portal is to be asked for, by how many requests wait; `Infinity`: none waits. */
export function dueAt(waiting: readonly number[], askAt: readonly number[]): number {
  return Math.min(...PRIORITIES.map((_, n) => ((waiting[n] ?? 0) > 0 ? (askAt[n] ?? 0) : Infinity)));
}

/** How many slots to ask for now, `max` in all, the most urgent first. */
export function slotsToAsk(
  waiting: readonly number[],
  askAt: readonly number[],
  { now, max }: { now: number; max: number },
): number[] {
  let left = max;
  return PRIORITIES.map((_, n) => {
    const count = (askAt[n] ?? 0) <= now ? Math.min(waiting[n] ?? 0, left) : 0;
    left -= count;
    return count;
  });
}
