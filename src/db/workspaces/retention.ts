import { forgotten, until, type Retentions } from '../retention.js';

const KEEP_NOTICES_DAYS = 90;

export const WORKSPACE_RETENTION: Retentions = {
  workspaces: until('never'),
  api_keys: until('never: the audit chain names keys that have ended'),
  data_keys: until('somebody shreds them: old values are sealed by them'),
  notices: forgotten({ function: 'forget_notices', days: KEEP_NOTICES_DAYS }),
};
