import { isBackground, type Priority } from '../../domain/hubspot/priorities.js';
import { CONNECTIONS } from '../wire/transport.js';

/** What the requests of one portal may hold of the connections to HubSpot. */
const PORTAL_CONNECTIONS = CONNECTIONS / 4;
/** What reads in the background may have half of these: the other half is free for what cannot wait for its answers. */
const BACKGROUND_SHARE = 1 / 2;

/** Shares the connections to HubSpot among portals. */
export interface ConnectionShares {
  /**
   * Waits for a connection of the portal's share: completions first, what reads in the background last, else in the
   * order of asking. The caller hands it back by the function that it gets; undefined: none came free in time.
   */
  take(portalId: number, priority: Priority, waitMs: number): Promise<(() => void) | undefined>;
}

interface Share {
  taken: number;
  /** Of these, what reads in the background. */
  background: number;
  readonly waiting: Readonly<Record<Turn, Set<() => void>>>;
}

/** Who goes first, of those that wait. */
const TURNS = ['completions', 'others', 'background'] as const;
type Turn = (typeof TURNS)[number];

export function createConnectionShares({ places = PORTAL_CONNECTIONS } = {}): ConnectionShares {
  const shares = new Map<number, Share>();
  const mostBackground = Math.max(1, Math.floor(places * BACKGROUND_SHARE));
  const hasRoom = (share: Share, turn: Turn) =>
    share.taken < places && (turn !== 'background' || share.background < mostBackground);

  function shareOf(portalId: number): Share {
    let share = shares.get(portalId);
    if (!share) {
      const waiting = {
        completions: new Set<() => void>(),
        others: new Set<() => void>(),
        background: new Set<() => void>(),
      };
      share = { taken: 0, background: 0, waiting };
      shares.set(portalId, share);
    }
    return share;
  }

  function count(share: Share, turn: Turn, change: 1 | -1): void {
    share.taken += change;
    if (turn === 'background') share.background += change;
  }

  /** A place goes to who waits, without being free in between. */
  function handBack(portalId: number, share: Share, turn: Turn): void {
    count(share, turn, -1);
    for (const next of TURNS) {
      const [first] = share.waiting[next];
      if (first && hasRoom(share, next)) return first();
    }
    if (share.taken === 0) shares.delete(portalId);
  }

  function placeOf(portalId: number, share: Share, turn: Turn): () => void {
    count(share, turn, 1);
    let held = true;
    return () => {
      if (held) handBack(portalId, share, turn);
      held = false;
    };
  }

  return {
    take(portalId, priority, waitMs) {
      const share = shareOf(portalId);
      const turn = turnOf(priority);
      if (hasRoom(share, turn)) return Promise.resolve(placeOf(portalId, share, turn));
      const waiting = share.waiting[turn];
      return new Promise((resolve) => {
        const late = setTimeout(() => {
          waiting.delete(next);
          resolve(undefined);
        }, waitMs);
        const next = () => {
          clearTimeout(late);
          waiting.delete(next);
          resolve(placeOf(portalId, share, turn));
        };
        waiting.add(next);
      });
    },
  };
}

function turnOf(priority: Priority): Turn {
  if (priority === 'completion') return 'completions';
  return isBackground(priority) ? 'background' : 'others';
}
