import { forgotten, until, type Retentions } from '../retention.js';

/** That it was done stands in the audit chain for ever; how much it was, for a year. */
const ERASURES_DAYS = 365;

export const PRIVACY_RETENTION: Retentions = {
  crm_tombstones: until('the mirror of its portal is removed (sync_states)'),
  erasures: forgotten({ function: 'forget_erasures', days: ERASURES_DAYS }),
};
