import { setTimeout as delay } from 'node:timers/promises';

/**
 * The limit of the webhooks journal, which is the app's: at most so many requests in any second, measured where they
 * arrive. A place is free again one interval after the answer to its request (docs/laws.md, law 3). One process asks
 * at a time, by its lease (services/webhooks/journalTurn.ts); one that takes over waits an interval first.
 */
export interface JournalPace {
  /** Waits for a place. Call what it resolves to when the answer is there, or will not come. */
  take(): Promise<() => void>;
  /** Another process may have used its places until now. */
  takenOver(): void;
}

export const JOURNAL_INTERVAL_MS = 1000;
/** HubSpot allows 100. */
const PLACES = 90;

export function createJournalPace(places = PLACES, intervalMs = JOURNAL_INTERVAL_MS): JournalPace {
  const freeAt = new Array<number>(places).fill(-Infinity);

  return {
    async take() {
      for (;;) {
        const now = performance.now();
        const first = freeAt.reduce((best, at, n) => (at < (freeAt[best] ?? 0) ? n : best), 0);
        const waitMs = (freeAt[first] ?? 0) - now;
        if (waitMs > 0) {
          await delay(Math.min(waitMs, intervalMs) + 1);
          continue;
        }
        freeAt[first] = Infinity;
        return () => {
          freeAt[first] = performance.now() + intervalMs;
        };
      }
    },
    takenOver() {
      freeAt.fill(performance.now() + intervalMs);
    },
  };
}
