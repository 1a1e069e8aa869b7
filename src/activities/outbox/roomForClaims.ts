import type { OutboxClaim } from '../../db/outbox/claims.js';
import { heapShare } from '../../platform/heapShare.js';

/*
 * What the claims of a process hold in memory. A worker delivers for hundreds of portals at once, and what the largest
 * claims of all of them hold together is more than any process has.
 */

export interface RoomForClaims {
  /** For one claim after the other. */
  place(): RoomForClaim;
}

export interface RoomForClaim {
  /**
   * To be asked before each claim; what was in hand is counted no longer. Waits until there is room for another one,
   * and says how many events it may have: undefined, as many as any claim; one, where too much is in hand already.
   */
  ask(): Promise<number | undefined>;
  /** This was claimed: it counts until `ask` or `free`. */
  hold(claim: Pick<OutboxClaim, 'events'>): void;
  free(): void;
}

/** The most that a claim brings (outbox_claim.sql): its bytes, and the event with which it passes them. */
const LARGEST_CLAIM_BYTES = 2.25 * 1024 * 1024;
const LARGEST_EVENT_BYTES = 256 * 1024;
/** In memory a payload is several times as large as its text: as values, as effects, as what is sent of it. */
const SHARE_OF_HEAP = 1 / 16;

export function createRoomForClaims(
  bytes = Math.max(LARGEST_CLAIM_BYTES, heapShare(SHARE_OF_HEAP)),
): RoomForClaims {
  let held = 0;
  /** Of those who have asked and do not know yet what they get. */
  let asked = 0;
  let waiting: (() => void)[] = [];

  function place(): RoomForClaim {
    let mine = { asked: 0, held: 0 };

    function count(now: typeof mine): void {
      asked += now.asked - mine.asked;
      held += now.held - mine.held;
      mine = now;
      const waited = waiting;
      waiting = [];
      for (const goOn of waited) goOn();
    }

    return {
      async ask() {
        count({ asked: 0, held: 0 });
        for (;;) {
          const isRoom = held + asked + LARGEST_CLAIM_BYTES <= bytes;
          if (isRoom || asked === 0) {
            count({ asked: isRoom ? LARGEST_CLAIM_BYTES : LARGEST_EVENT_BYTES, held: 0 });
            return isRoom ? undefined : 1;
          }
          // What others ask for is mostly little: the answers come within milliseconds, and say.
          await new Promise<void>((resolve) => void waiting.push(resolve));
        }
      },
      hold({ events }) {
        count({ asked: 0, held: events.reduce((sum, { payload }) => sum + sizeOf(payload), 0) });
      },
      free: () => count({ asked: 0, held: 0 }),
    };
  }

  return { place };
}

function sizeOf(payload: unknown): number {
  return JSON.stringify(payload)?.length ?? 0;
}
