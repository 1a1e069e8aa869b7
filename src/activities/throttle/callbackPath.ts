import { createCache } from '../../platform/cache.js';
import type { CompletionRow } from './classifyOutcome.js';

/**
 * HubSpot says "not found" of a callback that is over, and of a path that is not there (any more): by the answer alone
 * nobody can tell. So it is believed of a callback once HubSpot has taken another completion since it said so first,
 * whichever portal's: the path is the same for all. Until then the path is suspected, and nothing ends.
 */
export interface CallbackPath {
  /** HubSpot took a completion. */
  worked(): void;
  /** HubSpot knows none of these, or of their batch. */
  suspect(rows: readonly CompletionRow[]): void;
  /** Whether "not found" of all of these can be believed. */
  believes(rows: readonly CompletionRow[]): boolean;
}

/** Those that are forgotten are suspected once more: that costs a call, and ends nothing. */
const MAX_SUSPECTS = 20_000;

export function createCallbackPath(now = () => performance.now()): CallbackPath {
  let workedAt = -Infinity;
  const suspectedAt = createCache<string, number>({ max: MAX_SUSPECTS });
  return {
    worked() {
      workedAt = now();
    },
    suspect(rows) {
      for (const { executionId } of rows)
        if (suspectedAt.get(executionId) === undefined) suspectedAt.set(executionId, now());
    },
    believes: (rows) =>
      rows.every(({ executionId }) => (suspectedAt.get(executionId) ?? Infinity) < workedAt),
  };
}
