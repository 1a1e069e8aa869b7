import { createCache } from '../../platform/cache.js';
import type { CompletionRow } from './classifyOutcome.js';

/**
 * HubSpot answers 5xx to a callback that it cannot digest, and to everything while it is away: by the answer alone
 * nobody can tell. So it is held against an execution once HubSpot has taken another completion of the same portal
 * since it answered so to that one before. Until then nothing of the portal gets through, as far as this process knows.
 */
export interface ServerErrors {
  /** HubSpot took a completion of the portal. */
  taken(portalId: number): void;
  /** HubSpot did not take this one. Whether nothing of its portal has got through since it did not before. */
  standsStill(portalId: number, row: CompletionRow): boolean;
}

/** What is forgotten counts as standing still: that costs a call, and ends nothing. */
const MAX_REMEMBERED = 20_000;

export function createServerErrors(now = () => performance.now()): ServerErrors {
  const takenAt = createCache<number, number>({ max: MAX_REMEMBERED });
  const refusedAt = createCache<string, number>({ max: MAX_REMEMBERED });
  return {
    taken(portalId) {
      takenAt.set(portalId, now());
    },
    standsStill(portalId, { executionId }) {
      const before = refusedAt.get(executionId) ?? Infinity;
      refusedAt.set(executionId, now());
      return (takenAt.get(portalId) ?? -Infinity) <= before;
    },
  };
}
