import type { Config } from '../../platform/config/config.js';
import { daily, forgotten, until, type Retentions } from '../retention.js';

/** HubSpot repeats a call for three days and holds an execution for four weeks: after that it makes no repeat. */
const KEEP_KEYS_DAYS = 32;

export function throttleRetention(config: Pick<Config, 'THROTTLE_RETENTION_DAYS'>): Retentions {
  const days = config.THROTTLE_RETENTION_DAYS;
  const idle = until(
    'nothing came for as long as the history is kept, and nobody has set anything for the lane',
  );
  return {
    executions: until('the execution ends: by its expiry at the latest'),
    execution_history: daily('finished_at', days),
    // Somebody who has recorded a call can make it again later. That changes nothing while its pack is known.
    execution_keys: forgotten({
      function: 'forget_execution_keys',
      days: Math.max(KEEP_KEYS_DAYS, days + 1),
    }),
    packs: forgotten({ function: 'forget_packs', days }),
    lanes: idle,
    lane_windows: idle,
    lane_grants: until('the window is over, and an hour has passed'),
    portal_suspensions: until('HubSpot takes completions of the portal again, or it is disconnected'),
    action_rates: until('somebody removes the rate'),
  };
}
