import type { Priority } from '../../domain/hubspot/priorities.js';
import { CONNECTIONS } from '../wire/transport.js';

/** What the requests of one portal may hold of the connections to HubSpot. */
const PORTAL_CONNECTIONS = CONNECTIONS / 4;

/** Shares the connections to HubSpot among portals. */
export interface ConnectionShares {
  /**
   * Waits for a connection of the portal's share, completions first, else in the order of asking. The caller hands it
   * back by the function that it gets; undefined: none came free in time.
   */
  take(portalId: number, priority: Priority, waitMs: number): Promise<(() => void) | undefined>;
}

interface Share {
  taken: number;
  readonly completions: Set<() => void>;
  readonly others: Set<() => void>;
}

export function createConnectionShares({ places = PORTAL_CONNECTIONS } = {}): ConnectionShares {
  const shares = new Map<number, Share>();

  function shareOf(portalId: number): Share {
    let share = shares.get(portalId);
    if (!share) {
      share = { taken: 0, completions: new Set(), others: new Set() };
      shares.set(portalId, share);
    }
    return share;
  }

  /** A place goes to who waits, without being free in between. */
  function handBack(portalId: number, share: Share): void {
    const [next] = share.completions.size > 0 ? share.completions : share.others;
    if (next) return next();
    share.taken -= 1;
    if (share.taken === 0) shares.delete(portalId);
  }

  function placeOf(portalId: number, share: Share): () => void {
    let held = true;
    return () => {
      if (held) handBack(portalId, share);
      held = false;
    };
  }

  return {
    take(portalId, priority, waitMs) {
      const share = shareOf(portalId);
      if (share.taken < places) {
        share.taken += 1;
        return Promise.resolve(placeOf(portalId, share));
      }
      const waiting = priority === 'completion' ? share.completions : share.others;
      return new Promise((resolve) => {
        const late = setTimeout(() => {
          waiting.delete(next);
          resolve(undefined);
        }, waitMs);
        const next = () => {
          clearTimeout(late);
          waiting.delete(next);
          resolve(placeOf(portalId, share));
        };
        waiting.add(next);
      });
    },
  };
}
