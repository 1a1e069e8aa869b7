import { SIGNATURE_REASONS } from '../../hubspot/incoming/signature.js';
import { BATCH_SIZES, FAST_SECONDS, type Metrics } from '../../platform/metrics.js';

/**
 * What becomes of an event: new, there already, of a time when HubSpot would have given it up, of nobody's portal, not
 * to be read at all, or refused by the database.
 */
const EVENT_RESULTS = ['fresh', 'repeat', 'late', 'stray', 'unreadable', 'refused'] as const;
export type EventResult = (typeof EVENT_RESULTS)[number];

export type WebhookInstruments = ReturnType<typeof createWebhookInstruments>;

export function createWebhookInstruments(metrics: Metrics) {
  const calls = metrics.counter({
    name: 'sluice_webhook_calls_total',
    help: 'Calls of webhooks from HubSpot, by what they were answered',
    labelNames: ['result'],
    from0: {
      result: ['unavailable', 'invalid', ...SIGNATURE_REASONS.map((reason) => `signature_${reason}`)],
    },
  });
  const seconds = metrics.histogram({
    name: 'sluice_webhook_seconds',
    help: 'From the arrival of a call of webhooks to its answer, commit included',
    buckets: FAST_SECONDS,
  });
  const events = metrics.counter({
    name: 'sluice_webhook_events_total',
    help: 'Events of webhooks, by what became of them',
    labelNames: ['result'],
    from0: { result: EVENT_RESULTS },
  });
  return {
    answered(result: string, tookSeconds: number) {
      calls.inc({ result });
      seconds.observe(tookSeconds);
    },
    events: (result: EventResult, count: number) => events.inc({ result }, count),
    batchSize: metrics.histogram({
      name: 'sluice_webhook_batch_size',
      help: 'Events of webhooks that were committed together',
      buckets: BATCH_SIZES,
    }),
  };
}
