import { forgotten, until, type Retentions } from '../retention.js';

/** For so long is the mirror of a portal kept that was disconnected. */
const ENDED_DAYS = 30;

export const SYNC_RETENTION: Retentions = {
  sync_states: forgotten({ function: 'forget_mirrors', days: ENDED_DAYS }),
  crm_records: until('30 days after its portal was disconnected (sync_states)'),
};
