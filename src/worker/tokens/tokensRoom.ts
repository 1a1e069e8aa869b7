import { createTokenActivities } from '../../activities/tokens/tokenActivities.js';
import { TOKENS_QUEUE } from '../../temporal/tokens/contract.js';
import type { WorkerCore } from '../core.js';
import type { WorkerRoom } from '../room.js';

const STORE_LEFT_EVERY_MS = 10_000;

/** Keeps the tokens of portals in use fresh, and stores grants that could not be stored (keepGrant.ts). */
export function createTokensRoom(core: WorkerCore): WorkerRoom {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  function storeLeft(olderThanMs: number): void {
    const run = () => core.storeGrantsLeft(olderThanMs);
    underWay = underWay.then(run).catch((error: unknown) => {
      core.logger.warn('The journal of tokens cannot be looked through', { error });
    });
  }

  return {
    activities: { [TOKENS_QUEUE]: createTokenActivities(core) },
    start() {
      storeLeft(0);
      timer = setInterval(() => storeLeft(STORE_LEFT_EVERY_MS), STORE_LEFT_EVERY_MS).unref();
    },
    async close() {
      clearInterval(timer);
      await underWay;
    },
  };
}
