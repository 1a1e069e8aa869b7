import type { Config } from '../../platform/config/config.js';
import { forgotten, until, type Retentions } from '../retention.js';

export function syncRetention(config: Pick<Config, 'MIRROR_KEEP_DAYS'>): Retentions {
  const days = config.MIRROR_KEEP_DAYS;
  return {
    sync_states: forgotten({ function: 'forget_mirrors', days }),
    crm_records: until(`${days} days after its portal was disconnected (sync_states)`),
  };
}
