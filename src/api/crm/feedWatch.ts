import { thoseWithMore, type FeedWaiter } from '../../db/crm/following.js';
import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';

/** So soon a change is seen that somebody waits for. */
const LOOK_EVERY_MS = 500;
/** Who waits holds a connection to this process, and none to the database. */
const MOST_WAITING = { ofAWorkspace: 20, ofAll: 200 };
const RETRY_AFTER_MS = 5000;

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly most?: typeof MOST_WAITING;
}

export interface FeedWatch {
  /** Waits until something follows (true), the time is over, or whoever waits has gone or the process ends (false). */
  follows(
    waiter: FeedWaiter,
    until: { readonly ms: number; readonly gone?: AbortSignal | undefined },
  ): Promise<boolean>;
  /** Nobody waits any more, or will. */
  end(): void;
}

interface Waiting extends FeedWaiter {
  readonly end: (follows: boolean) => void;
}

/** Looks at the feed for all that wait in this process: one statement each half second, none while nobody waits. */
export function createFeedWatch({
  pool,
  logger,
  everyMs = LOOK_EVERY_MS,
  most = MOST_WAITING,
}: Dependencies): FeedWatch {
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function lookLater(): void {
    timer ??= setTimeout(() => {
      void look().finally(() => {
        timer = undefined;
        if (waiting.size > 0) lookLater();
      });
    }, everyMs);
  }

  async function look(): Promise<void> {
    const all = [...waiting];
    if (all.length === 0) return;
    try {
      for (const one of await thoseWithMore(pool, all)) one.end(true);
    } catch (error) {
      logger.warn('What follows in the feed of changes could not be looked at; it is tried again', { error });
    }
  }

  function refuseTooMany(workspaceId: string): void {
    const ofWorkspace = [...waiting].filter((one) => one.workspaceId === workspaceId).length;
    if (ofWorkspace < most.ofAWorkspace && waiting.size < most.ofAll) return;
    throw new AppError(
      'too_many_requests',
      `At most ${most.ofAWorkspace} requests of a workspace wait for changes at a time, and ${most.ofAll} of all: ask with fewer, or without \`wait\``,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }

  return {
    async follows({ workspaceId, place }, { ms, gone }) {
      if (ended || gone?.aborted) return false;
      refuseTooMany(workspaceId);
      return new Promise((resolve) => {
        const one: Waiting = {
          ...{ workspaceId, place },
          end(follows) {
            clearTimeout(late);
            gone?.removeEventListener('abort', left);
            waiting.delete(one);
            resolve(follows);
          },
        };
        const left = () => one.end(false);
        const late = setTimeout(left, ms);
        gone?.addEventListener('abort', left, { once: true });
        waiting.add(one);
        lookLater();
      });
    },
    end() {
      ended = true;
      clearTimeout(timer);
      for (const one of waiting) one.end(false);
    },
  };
}
