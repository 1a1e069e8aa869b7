import type { Config } from '../../platform/config/config.js';

/** With the reason behind it. Filters look for these words as well. */
export const NOT_STARTED = 'HubSpot sync worker not started';

/**
 * What the worker says of the outbox at its start. Filters of earlier installations look for the words of `message`.
 */
export function startWords(config: Pick<Config, 'HUBSPOT_ENABLED' | 'HUBSPOT_SEND_LIVE'>): {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly outbox: string;
} {
  if (!config.HUBSPOT_ENABLED)
    return {
      level: 'warn',
      message: `${NOT_STARTED} (HUBSPOT_ENABLED=false)`,
      outbox:
        'switched off: nothing is taken over HTTP, dispatched or delivered; the inbox keeps what is written into it',
    };
  const message = 'HubSpot sync worker started';
  return config.HUBSPOT_SEND_LIVE
    ? { level: 'info', message, outbox: 'live' }
    : {
        level: 'info',
        message,
        outbox: 'dry run (HUBSPOT_SEND_LIVE=false): requests are logged as [DRY-RUN] and not sent',
      };
}
