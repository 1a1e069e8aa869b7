import { daily, forgotten, until, type Retentions } from '../retention.js';

/** HubSpot sends an event again for a day at most (docs/hubspot.md#webhooks). */
export const WEBHOOK_DAYS = 3;

export const WEBHOOK_RETENTION: Retentions = {
  webhook_events: daily('occurred_at', WEBHOOK_DAYS),
  webhook_reads: until('the record was read, or its mirror is removed (sync_states)'),
  webhook_strays: forgotten({ function: 'forget_webhook_strays', days: WEBHOOK_DAYS }),
};
