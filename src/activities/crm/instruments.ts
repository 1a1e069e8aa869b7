import type { ConsumersStanding } from '../../db/crm/feedStanding.js';
import { remembered, type Metrics } from '../../platform/metrics.js';
import type { DeliveryResult } from '../../services/crm/deliverChanges.js';

/** What deliveries of the feed report of themselves. */
export interface FeedMetrics {
  progress(delivered: number, dead: number): void;
  run(ended: DeliveryResult['ended']): void;
}

interface Standing {
  readonly consumers: () => Promise<ConsumersStanding>;
  /** For how long the feed waits for the same transaction. */
  readonly heldSeconds: () => Promise<number>;
}

export function createFeedInstruments(metrics: Metrics, standing: Standing): FeedMetrics {
  const consumers = remembered(standing.consumers);
  metrics.gauge({
    name: 'sluice_feed_held_seconds',
    help: 'For how long the feed of changes has waited for the oldest transaction that runs, as this process has seen it',
    labelNames: [],
    read: async () => [[{}, await held()]],
  });
  const held = remembered(standing.heldSeconds);
  metrics.gauge({
    name: 'sluice_consumers',
    help: 'Consumers of the feed: all, those behind their limit, for which the mirror of their portals waits, and those whose calls fail',
    labelNames: ['state'],
    read: async () => {
      const { consumers: all, behind, failing } = await consumers();
      return [
        [{ state: 'any' }, all],
        [{ state: 'behind' }, behind],
        [{ state: 'failing' }, failing],
      ];
    },
  });
  metrics.gauge({
    name: 'sluice_consumer_unread_seconds',
    help: 'How old the oldest change is that some consumer has not had',
    labelNames: [],
    read: async () => [[{}, (await consumers()).unreadSeconds]],
  });
  const changes = metrics.counter({
    name: 'sluice_feed_changes_total',
    help: 'Changes that webhooks of the feed have taken, or that became dead letters',
    labelNames: ['result'],
    from0: { result: ['taken', 'dead'] },
  });
  const runs = metrics.counter({
    name: 'sluice_feed_deliveries_total',
    help: 'Runs that call a consumer of the feed, by how they ended',
    labelNames: ['ended'],
    from0: { ended: ['done', 'more', 'failed', 'lost'] },
  });
  return {
    progress(delivered, dead) {
      changes.inc({ result: 'taken' }, delivered);
      changes.inc({ result: 'dead' }, dead);
    },
    run(ended) {
      if (ended !== 'not_taken') runs.inc({ ended });
    },
  };
}
