import { createTokenActivities } from '../../activities/tokens/tokenActivities.js';
import { createPasses } from '../../platform/passes.js';
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
  const passes = createPasses({
    // What is younger is still tried by who asked for it; at the start nobody is left who did.
    run: (stopping, isFirst) => core.storeGrantsLeft(isFirst ? 0 : everyMs, stopping),
    everyMs,
    onError: (error) => core.logger.warn('The journal of tokens cannot be looked through', { error }),
  });
  return { activities: { [TOKENS_QUEUE]: createTokenActivities(core) }, ...passes };
}
