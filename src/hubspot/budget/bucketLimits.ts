import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Config } from '../../platform/config/config.js';

export type BudgetsConfig = Pick<
  Config,
  | 'BUDGET_SLOTS'
  | 'BUDGET_INTERVAL_MS'
  | 'BUDGET_SEARCH_SLOTS'
  | 'BUDGET_ASSOCIATION_SLOTS'
  | 'BUDGET_OAUTH_SLOTS'
>;

/** How much of each limit is used, per portal. Search and OAuth are limited by the second (docs/hubspot.md#limits). */
export function bucketLimits(config: BudgetsConfig): Record<Bucket, { slots: number; intervalMs: number }> {
  return {
    ten_secondly: { slots: config.BUDGET_SLOTS, intervalMs: config.BUDGET_INTERVAL_MS },
    search: { slots: config.BUDGET_SEARCH_SLOTS, intervalMs: 1000 },
    associations: { slots: config.BUDGET_ASSOCIATION_SLOTS, intervalMs: 10_000 },
    oauth: { slots: config.BUDGET_OAUTH_SLOTS, intervalMs: 1000 },
  };
}
