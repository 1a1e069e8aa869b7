import { createTokenActivities } from '../../activities/tokens/tokenActivities.js';
import { TOKENS_QUEUE } from '../../temporal/tokens/contract.js';
import type { WorkerCore } from '../core.js';
import type { WorkerRoom } from '../room.js';

type TokensCore = Pick<
  WorkerCore,
  'pool' | 'portalResolver' | 'tokens' | 'config' | 'logger' | 'storeGrantsLeft'
>;

const STORE_LEFT_EVERY_MS = 10_000;

/** Keeps the tokens of portals in use fresh, and stores grants that could not be stored (keepGrant.ts). */
export function createTokensRoom(
  core: TokensCore,
  { everyMs = STORE_LEFT_EVERY_MS }: { everyMs?: number } = {},
): WorkerRoom {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;

  /** One pass at a time: while the database is away, a pass may take longer than the next one waits. */
  function storeLeft(olderThanMs: number): void {
    const run = () => core.storeGrantsLeft(olderThanMs, stopping.signal);
    underWay ??= Promise.resolve()
      .then(run)
      .catch((error: unknown) => {
        core.logger.warn('The journal of tokens cannot be looked through', { error });
      })
      .finally(() => (underWay = undefined));
  }

  return {
    activities: { [TOKENS_QUEUE]: createTokenActivities(core) },
    start() {
      storeLeft(0);
      timer = setInterval(() => storeLeft(everyMs), everyMs).unref();
    },
    async close() {
      stopping.abort();
      clearInterval(timer);
      await underWay;
    },
  };
}
