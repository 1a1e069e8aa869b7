import { daily, type Retentions } from '../retention.js';

/** Consumers may go back for so long. */
const FEED_DAYS = 7;

export const CRM_RETENTION: Retentions = {
  crm_changes: daily('recorded_at', FEED_DAYS),
};
