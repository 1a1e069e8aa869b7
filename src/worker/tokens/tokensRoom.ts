import { createTokenActivities } from '../../activities/tokens/tokenActivities.js';
import { TOKENS_QUEUE } from '../../temporal/tokens/contract.js';
import type { WorkerCore } from '../core.js';
import type { WorkerRoom } from '../room.js';

/** Keeps the tokens of portals in use fresh. */
export function createTokensRoom(core: WorkerCore): WorkerRoom {
  return { activities: { [TOKENS_QUEUE]: createTokenActivities(core) } };
}
