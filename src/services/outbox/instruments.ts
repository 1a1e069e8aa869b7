import { oldestInInbox } from '../../db/outbox/inbox.js';
import { totalOutboxStats } from '../../db/outbox/stats.js';
import type { Queryable } from '../../db/pool.js';
import { remembered, type Metrics } from '../../platform/metrics.js';
import { ERROR_CLASSES } from '../../domain/outbox/retry.js';
import type { FallbackReason } from '../../domain/outbox/customEvents.js';
import type { Unsettled } from '../../db/outbox/claims.js';

/** What the outbox reports of itself. */
export interface OutboxMetrics {
  /** Events that came in, and how many of them are invalid. */
  captured(events: number, invalid: number): void;
  settled(done: number, others: readonly Unsettled[]): void;
  /** Custom events that were delivered by their fallback, by why. */
  fellBack(reasons: readonly FallbackReason[]): void;
  /** A share of failures in a row of which notice was given, or -1: recovered. */
  circuit(share: number): void;
}

export function createOutboxInstruments(metrics: Metrics): OutboxMetrics {
  const events = metrics.counter({
    name: 'sluice_outbox_captured_total',
    help: 'Events that came into the outbox, by whether they are valid',
    labelNames: ['result'],
    from0: { result: ['valid', 'invalid'] },
  });
  const settled = metrics.counter({
    name: 'sluice_outbox_settled_total',
    help: 'Events that a delivery has booked: processed, retried, dead; with the class of what failed',
    labelNames: ['result', 'class'],
    // Those that succeed, too: of what begins with its first count, the failures alone would be a share of 100 %.
    from0: [
      { result: ['processed'], class: ['none'] },
      { result: ['retried', 'dead'], class: ['none', ...ERROR_CLASSES] },
    ],
  });
  const fallbacks = metrics.counter({
    name: 'sluice_outbox_fallbacks_total',
    help: 'Custom events in whose place their fallback was delivered, by why the portal takes none',
    labelNames: ['reason'],
  });
  const failing = metrics.counter({
    name: 'sluice_outbox_failing_total',
    help: 'Portals whose deliveries fail in a row, by the share of what opens the circuit; recovered: those that are over it',
    labelNames: ['share'],
  });
  return {
    captured(count, invalid) {
      events.inc({ result: 'valid' }, count - invalid);
      events.inc({ result: 'invalid' }, invalid);
    },
    settled(done, others) {
      settled.inc({ result: 'processed', class: 'none' }, done);
      for (const { to, class: errorClass = 'none' } of others)
        if (to !== 'back') settled.inc({ result: to === 'dead' ? 'dead' : 'retried', class: errorClass });
    },
    fellBack(reasons) {
      for (const reason of reasons) fallbacks.inc({ reason });
    },
    circuit: (share) => failing.inc({ share: share < 0 ? 'recovered' : String(share) }),
  };
}

/** The inbox that this process empties, in whichever database it is. */
export function watchInbox(metrics: Metrics, db: Queryable): void {
  const oldest = remembered(() => oldestInInbox(db));
  metrics.gauge({
    name: 'sluice_outbox_inbox_oldest_seconds',
    help: 'For how long the oldest event has stood in the inbox',
    labelNames: [],
    read: async () => [[{}, await oldest()]],
  });
}

const MAX_COUNTED = 100_000;

/** Read from the database at each scrape; one process per deployment is enough. */
export function watchOutbox(metrics: Metrics, db: Queryable): void {
  const stats = remembered(() => totalOutboxStats(db, MAX_COUNTED));
  metrics.gauge({
    name: 'sluice_outbox_waiting_events',
    help: `Events that are not processed, counted up to ${MAX_COUNTED}`,
    labelNames: [],
    read: async () => [[{}, (await stats()).waiting]],
  });
  metrics.gauge({
    name: 'sluice_outbox_oldest_seconds',
    help: 'Age of the oldest event that is not processed',
    labelNames: [],
    read: async () => [[{}, (await stats()).oldestSeconds]],
  });
  metrics.gauge({
    name: 'sluice_outbox_dead_letters',
    help: `Dead letters, by state, counted up to ${MAX_COUNTED}`,
    labelNames: ['state'],
    read: async () => {
      const { dead, invalid } = await stats();
      return [
        [{ state: 'dead' }, dead],
        [{ state: 'invalid' }, invalid],
      ];
    },
  });
  metrics.gauge({
    name: 'sluice_outbox_open_circuits',
    help: 'Portals whose deliveries have stopped because they failed in a row',
    labelNames: [],
    read: async () => [[{}, (await stats()).circuitsOpen]],
  });
}
