import { createCache } from '../../platform/cache.js';
import type { Outcome } from '../wire/outcomes.js';

type Unauthorized = Extract<Outcome, { kind: 'unauthorized' }>;

/**
 * Tokens that HubSpot refused (401) and that cannot be replaced yet. For some seconds nothing is sent with such a
 * token, so that the lanes of a portal do not each find out again. Whether there is another token is still asked each
 * time.
 */
export interface RefusedTokens {
  known(portalId: number, tokenVersion: number): Unauthorized | undefined;
  note(portalId: number, tokenVersion: number, outcome: Unauthorized): void;
}

/** Short: HubSpot may have refused a good token by mistake. */
const CACHE_TTL_MS = 15_000;
const MAX_REMEMBERED = 10_000;

export function createRefusedTokens(monotonicNow?: () => number): RefusedTokens {
  const remembered = createCache<number, { outcome: Unauthorized; tokenVersion: number }>({
    max: MAX_REMEMBERED,
    ttlMs: CACHE_TTL_MS,
    ...(monotonicNow ? { now: monotonicNow } : {}),
  });
  const known = (portalId: number, tokenVersion: number) => {
    const entry = remembered.get(portalId);
    return entry?.tokenVersion === tokenVersion ? entry.outcome : undefined;
  };
  return {
    known,
    note(portalId, tokenVersion, outcome) {
      // Requests that were answered from here do not prolong it.
      if (!known(portalId, tokenVersion)) remembered.set(portalId, { outcome, tokenVersion });
    },
  };
}
