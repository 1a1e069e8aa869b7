import type { Config } from '../../platform/config/config.js';
import { forgotten, until, type Retentions } from '../retention.js';

/** For so long is a removed association kept as a row: a read that began before does not bring it back. */
const REMOVED_DAYS = 1;

export function syncRetention(config: Pick<Config, 'MIRROR_KEEP_DAYS'>): Retentions {
  const days = config.MIRROR_KEEP_DAYS;
  const end = `${days} days after its portal was disconnected (sync_states)`;
  return {
    sync_states: forgotten({ function: 'forget_mirrors', days }),
    crm_aliases: until(end),
    crm_edges: forgotten({ function: 'forget_removed_edges', days: REMOVED_DAYS }),
    crm_records: until(end),
    sync_passes: until(end),
    sync_properties: until(end),
    sync_schedules: until(end),
    crm_property_defs: until(`${end}; of each property the last 50 versions`),
    crm_pipelines: until(end),
    crm_stages: until(end),
    crm_owners: until(end),
    crm_schemas: until(end),
  };
}
