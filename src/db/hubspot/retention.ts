import type { Config } from '../../platform/config/config.js';
import { daily, forgotten, type Retentions } from '../retention.js';

/** A month as people count it, and some days. */
const KEEP_CALL_COUNTS_DAYS = 35;
/** A portal that comes back within a day goes on where it was. */
const KEEP_BUDGETS_DAYS = 1;

export function hubspotRetention(config: Pick<Config, 'REQUEST_LOG_DAYS'>): Retentions {
  return {
    request_log: daily('at', config.REQUEST_LOG_DAYS),
    call_counts: forgotten({ function: 'forget_call_counts', days: KEEP_CALL_COUNTS_DAYS }),
    budget_slots: forgotten({ function: 'forget_budget_slots', days: KEEP_BUDGETS_DAYS }),
    budget_rings: forgotten({ function: 'forget_budget_rings', days: KEEP_BUDGETS_DAYS }),
  };
}
