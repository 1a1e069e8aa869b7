import type { Config } from '../../platform/config/config.js';
import { daily, forgotten, until, type Retentions } from '../retention.js';

export function outboxRetention(
  config: Pick<Config, 'OUTBOX_RETENTION_DAYS' | 'OUTBOX_DEAD_LETTER_DAYS'>,
): Retentions {
  const days = config.OUTBOX_RETENTION_DAYS;
  const portal = until('the portal has one row, for as long as it has had events');
  return {
    outbox_inbox: until('the dispatcher takes the event, within a second or so'),
    outbox_collected: until('the event is removed from the inbox elsewhere'),
    outbox_pending: until('the event is processed, or a dead letter'),
    outbox_claims: until('the delivery books its claim'),
    outbox_holds: until('the first event of the ordering key is through'),
    outbox_history: daily('processed_at', days),
    outbox_dead: forgotten(
      { function: 'forget_discarded', days },
      { function: 'forget_dead_letters', days: config.OUTBOX_DEAD_LETTER_DAYS },
    ),
    outbox_attempts: forgotten({ function: 'forget_outbox_attempts', days }),
    outbox_redriven: forgotten({ function: 'forget_outbox_redriven', days }),
    outbox_keys: forgotten({ function: 'forget_outbox_keys', days }),
    outbox_ledger: forgotten({ function: 'forget_outbox_ledger', days }),
    outbox_redrives: forgotten({ function: 'forget_redrives', days }),
    outbox_portals: portal,
    // A version that was replaced is kept as long as an event may be there that keeps to it.
    outbox_mappings: forgotten({
      function: 'forget_mappings',
      days: Math.max(days, config.OUTBOX_DEAD_LETTER_DAYS),
    }),
    outbox_type_settings: until('somebody sets it anew'),
    outbox_capture_portals: until('somebody binds the login anew, or takes it away'),
  };
}
