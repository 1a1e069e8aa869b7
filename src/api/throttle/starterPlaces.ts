import type { PackId } from '../../db/throttle/packs.js';

/** Workflows that only set a timer need not hurry: so many at once, and not faster than this. */
const FAR_WIDTH = 2;
const FAR_SPACING_MS = 12;
/** A pack of so many says that rows come faster than Temporal takes workflows. */
const CROWDED_FROM = 25;
/** Meanwhile they are started one after the other; one that is not taken up in this time is not waited for. */
const CROWDED_PATIENCE_MS = 1000;

/** `near`: for a workflow that is due within the horizon. `far`: for one that only sets a timer. */
export type Place = 'near' | 'far';

/** What has to come first: an activity's claim, the end of another start, or so much time. */
type Refusal = { readonly needs: 'claim' | 'end' } | { readonly needs: 'time'; readonly ms: number };

export interface StarterPlaces {
  take(dueAt: number, now: number): { readonly place: Place } | Refusal;
  /** The start is over. */
  giveBack(place: Place): void;
  /**
   * A pack that is due within the horizon is about to be started: its place stays taken until an activity claims it.
   */
  started(pack: PackId & { readonly size: number }, now: number): void;
  /** False when the pack has no place here. */
  claimed(packId: string): boolean;
  readonly unclaimed: () => PackId[];
}

/** Counts which workflows may be started now. All times are monotonic milliseconds. */
export function createStarterPlaces({
  width,
  horizonMs,
}: {
  width: number;
  horizonMs: number;
}): StarterPlaces {
  const unclaimed = new Map<string, PackId & { readonly startedAt: number }>();
  const starting = { near: 0, far: 0 };
  let lastFarAt = -Infinity;
  /** The last pack was a large one. */
  let crowded = false;

  /**
   * At most W workflows that no activity has taken up yet. When packs are large, rows come so much faster than Temporal
   * takes workflows that more workflows in its queue would bring nothing sooner: those that run release everything due
   * in their lanes, whichever workflow it rides in, and each costs the machine what 40 releases cost (measured). Then
   * one at a time is started.
   */
  function hasNearPlace(now: number): boolean {
    if (starting.near + unclaimed.size >= width) return false;
    if (!crowded) return true;
    if (starting.near > 0) return false;
    return [...unclaimed.values()].every(({ startedAt }) => now - startedAt > CROWDED_PATIENCE_MS);
  }

  return {
    take(dueAt, now) {
      if (dueAt - now <= horizonMs) {
        if (!hasNearPlace(now)) return { needs: 'claim' };
        starting.near += 1;
        return { place: 'near' };
      }
      if (starting.far >= FAR_WIDTH) return { needs: 'end' };
      const pauseMs = lastFarAt + FAR_SPACING_MS - now;
      if (pauseMs > 0) return { needs: 'time', ms: pauseMs };
      starting.far += 1;
      lastFarAt = now;
      return { place: 'far' };
    },
    giveBack(place) {
      starting[place] -= 1;
    },
    started({ workspaceId, packId, size }, now) {
      unclaimed.set(packId, { workspaceId, packId, startedAt: now });
      crowded = size >= CROWDED_FROM;
    },
    claimed: (packId) => unclaimed.delete(packId),
    unclaimed: () => [...unclaimed.values()],
  };
}
