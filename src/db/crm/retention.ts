import { daily, forgotten, until, type Retentions } from '../retention.js';

/** Consumers may go back for so long. */
export const FEED_DAYS = 7;

export const CRM_RETENTION: Retentions = {
  crm_changes: daily('recorded_at', FEED_DAYS),
  crm_consumers: until('somebody deletes it'),
  crm_dead_changes: forgotten({ function: 'forget_dead_changes', days: FEED_DAYS }),
  crm_declared_properties: until('somebody undeclares it, or its mirror is removed'),
  crm_values: until('its record or the declaration of its property is removed'),
  crm_sql_views: until('somebody drops the view, or its portal is disconnected'),
  crm_sql_logins: until('somebody unbinds the login'),
};
