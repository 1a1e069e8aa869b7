import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import type { Settled } from './completion.js';

/** What an activity sees of its pack while it waits. */
export interface Interest {
  /** How many ended in which state, of those that this process has settled. */
  readonly ended: Partial<Record<ReleaseState, number>>;
  /**
   * Whether all of these have been settled by this process, waiting up to `maxMs` for it; rejects when the signal
   * aborts.
   */
  settled(executionIds: readonly string[], maxMs: number, signal: AbortSignal): Promise<boolean>;
  end(): void;
}

interface Follower {
  readonly interest: Interest;
  note(row: Settled): void;
}

/** Notifies the activities of a process how the executions of their packs ended. */
export function createInterests(stopping: AbortSignal) {
  const byPack = new Map<string, Set<Follower>>();

  function createFollower(end: () => void): Follower {
    const ended: Partial<Record<ReleaseState, number>> = {};
    const settled = new Set<string>();
    let check: (() => void) | undefined;

    /**
     * Resolves when `isOver()`, after `maxMs`, when the signal aborts, or when the process stops: whichever is first.
     */
    function waitFor(isOver: () => boolean, maxMs: number, signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          stopping.removeEventListener('abort', finish);
          check = undefined;
          resolve();
        };
        const timer = setTimeout(finish, maxMs);
        signal.addEventListener('abort', finish, { once: true });
        stopping.addEventListener('abort', finish, { once: true });
        check = () => {
          if (isOver()) finish();
        };
      });
    }

    return {
      note({ executionId, state }) {
        settled.add(executionId);
        ended[state] = (ended[state] ?? 0) + 1;
        check?.();
      },
      interest: {
        ended,
        async settled(executionIds, maxMs, signal) {
          const all = (): boolean => executionIds.every((id) => settled.has(id));
          if (all()) return true;
          await waitFor(all, maxMs, signal);
          signal.throwIfAborted();
          return all();
        },
        end,
      },
    };
  }

  return {
    /** From now on; what was settled before is not seen. */
    follow(packId: string): Interest {
      const followers = byPack.get(packId) ?? new Set();
      const follower = createFollower(() => {
        followers.delete(follower);
        if (followers.size === 0 && byPack.get(packId) === followers) byPack.delete(packId);
      });
      byPack.set(packId, followers.add(follower));
      return follower.interest;
    },

    note(rows: readonly Settled[]): void {
      for (const row of rows) for (const follower of byPack.get(row.packId ?? '') ?? []) follower.note(row);
    },
  };
}
