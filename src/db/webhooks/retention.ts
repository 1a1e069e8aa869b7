import { daily, forgotten, until, type Retentions } from '../retention.js';

/** HubSpot sends an event again for a day at most (docs/hubspot.md#webhooks). */
export const WEBHOOK_DAYS = 3;
/** A record that could not be read is shown for so long. */
const UNREAD_DAYS = 7;

export const WEBHOOK_RETENTION: Retentions = {
  webhook_events: daily('occurred_at', WEBHOOK_DAYS),
  /** Those that were read have left; these are the ones that could not be. */
  webhook_reads: forgotten({ function: 'forget_webhook_reads', days: UNREAD_DAYS }),
  webhook_counts: until('the mirror of its portal and type is removed, a row for each'),
  webhook_journal: until('for ever: one row'),
  webhook_strays: forgotten({ function: 'forget_webhook_strays', days: WEBHOOK_DAYS }),
};
