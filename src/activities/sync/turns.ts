import { turnMs } from '../../domain/sync/turns.js';

/** A slot of the worker, in which one type is read. */
export interface Turn {
  /** Others wait for it, and have waited long enough. */
  readonly isOver: () => boolean;
  readonly end: () => void;
}

interface Options {
  /** So many turns this process has at a time. */
  readonly slots: number;
  /** How many types wait for a slot, of whichever worker. */
  readonly waiting: () => Promise<number>;
  readonly onFailure: (error: unknown) => void;
  readonly lookEveryMs?: number;
  readonly boundMs?: number;
  readonly shortestMs?: number;
}

/**
 * The turns of a process. While a slot is free nobody waits for one here, and nothing is asked; else one look a second
 * for all of them says how many wait, also those who come while turns last.
 */
export function createTurns({ slots, waiting, onFailure, lookEveryMs = 1000, ...bounds }: Options): {
  begin(): Turn;
} {
  let taken = 0;
  let waitingNow = 0;
  let looks: NodeJS.Timeout | undefined;
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      waitingNow = await waiting();
    } catch (error) {
      // Turns are as long as they were; the next look comes.
      onFailure(error);
    } finally {
      isLooking = false;
    }
  }
  function count(change: 1 | -1): void {
    taken += change;
    if (taken >= slots) {
      looks ??= setInterval(() => void look(), lookEveryMs);
      return;
    }
    clearInterval(looks);
    looks = undefined;
    waitingNow = 0;
  }

  return {
    begin() {
      const from = performance.now();
      let hasEnded = false;
      count(1);
      return {
        isOver: () => performance.now() - from >= turnMs(waitingNow, slots, bounds),
        end() {
          if (!hasEnded) count(-1);
          hasEnded = true;
        },
      };
    },
  };
}
