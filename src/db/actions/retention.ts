import type { Config } from '../../platform/config/config.js';
import { forgotten, until, type Retentions } from '../retention.js';

/** HubSpot repeats a call for three days and holds a record for four weeks: after that it makes no repeat. */
const KEEP_CALLS_DAYS = 32;

export function actionRetention(config: Pick<Config, 'THROTTLE_RETENTION_DAYS'>): Retentions {
  const days = Math.max(KEEP_CALLS_DAYS, config.THROTTLE_RETENTION_DAYS);
  return {
    action_runs: forgotten({ function: 'forget_action_runs', days }),
    action_effects: until('their run is removed'),
  };
}
