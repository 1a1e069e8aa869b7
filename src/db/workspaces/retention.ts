import { forgotten, until, type Retentions } from '../retention.js';

const KEEP_NOTICES_DAYS = 90;
/** Who asks again does so within minutes, or by hand after a weekend. */
const KEEP_IDEMPOTENCY_KEYS_DAYS = 3;

export const WORKSPACE_RETENTION: Retentions = {
  workspaces: until('never'),
  api_keys: until('never: the audit chain names keys that have ended'),
  data_keys: until('somebody shreds them: old values are sealed by them'),
  idempotency_keys: forgotten({ function: 'forget_idempotency_keys', days: KEEP_IDEMPOTENCY_KEYS_DAYS }),
  notices: forgotten({ function: 'forget_notices', days: KEEP_NOTICES_DAYS }),
};
