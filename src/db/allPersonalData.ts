import { ACTION_PERSONAL_DATA } from './actions/personalData.js';
import { AUDIT_PERSONAL_DATA } from './audit/personalData.js';
import { CRM_PERSONAL_DATA } from './crm/personalData.js';
import { HUBSPOT_PERSONAL_DATA } from './hubspot/personalData.js';
import { INSTALLATION_PERSONAL_DATA } from './installation/personalData.js';
import { OUTBOX_PERSONAL_DATA } from './outbox/personalData.js';
import type { PersonalData } from './personalData.js';
import { PORTAL_PERSONAL_DATA } from './portals/personalData.js';
import { PRIVACY_PERSONAL_DATA } from './privacy/personalData.js';
import { REGISTER_PERSONAL_DATA } from './register/personalData.js';
import { SYNC_PERSONAL_DATA } from './sync/personalData.js';
import { THROTTLE_PERSONAL_DATA } from './throttle/personalData.js';
import { WEBHOOK_PERSONAL_DATA } from './webhooks/personalData.js';
import { WORKSPACE_PERSONAL_DATA } from './workspaces/personalData.js';

/** Every table of ours, room by room. What is of the mirror comes first, and events in the order in which they go. */
export const PERSONAL_DATA: PersonalData = {
  ...CRM_PERSONAL_DATA,
  ...SYNC_PERSONAL_DATA,
  ...WEBHOOK_PERSONAL_DATA,
  ...OUTBOX_PERSONAL_DATA,
  ...REGISTER_PERSONAL_DATA,
  ...THROTTLE_PERSONAL_DATA,
  ...ACTION_PERSONAL_DATA,
  ...WORKSPACE_PERSONAL_DATA,
  ...PORTAL_PERSONAL_DATA,
  ...PRIVACY_PERSONAL_DATA,
  ...AUDIT_PERSONAL_DATA,
  ...INSTALLATION_PERSONAL_DATA,
  ...HUBSPOT_PERSONAL_DATA,
};
