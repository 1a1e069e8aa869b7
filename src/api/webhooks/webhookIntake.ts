import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { countEvents } from '../../db/webhooks/status.js';
import { keepStrays, takeEvents, tellOfReads } from '../../db/webhooks/intake.js';
import { createReadRoom } from '../../db/webhooks/readRoom.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createSeldom } from '../../platform/seldom.js';
import type { ApiCore } from '../core.js';
import { createCommitter } from '../http/committer.js';
import type { SignedRoute } from '../room.js';
import { createEventCounts } from './eventCounts.js';
import { createWebhookInstruments } from './instruments.js';
import { createWebhookRoute, type EventKept, type EventSent, type StraySent } from './webhookRoute.js';

export interface WebhookIntake {
  readonly route: SignedRoute;
  stop(): Promise<void>;
}

/** One transaction takes so many events: as many as some dozen calls may have. */
const MAX_EVENTS_PER_COMMIT = 1000;
/** So many events may wait for a commit, and so many of them of one portal. */
const MAX_WAITING = { maxWaiting: 50_000, maxWaitingOfPortal: 20_000 };
/** Of portals that are nobody's anybody can send as many as they like. */
const MAX_STRAYS_WAITING = { maxWaiting: 10_000, maxWaitingOfPortal: 2000 };

/** Wires the webhooks of one process: their group commit, and the word to who reads the records. */
export function createWebhookIntake({
  intakePool: pool,
  logger,
  metrics: core,
}: Pick<ApiCore, 'intakePool' | 'logger' | 'metrics'>): WebhookIntake {
  const metrics = createWebhookInstruments(core);
  const seldom = createSeldom();
  const counts = createEventCounts({ count: (all) => countEvents(pool, all), logger });
  const room = createReadRoom();
  // Each event by itself: one that the database cannot take fails none of its call.
  const committer = createCommitter<EventSent, EventKept>({
    async commit(events) {
      const { fresh, late, unowned, toRead } = await takeEvents(pool, events, { room });
      crashPoint('webhooks.intake.committed');
      metrics.batchSize.observe(events.length);
      metrics.events('fresh', fresh - late.size);
      metrics.events('late', late.size);
      metrics.events('repeat', events.length - fresh - unowned.size);
      counts.add(
        events.filter((_, n) => !unowned.has(n)),
        events.filter((_, n) => late.has(n)),
      );
      // Nobody waits for it, and who does not hear it finds the reads by itself.
      if (toRead.length > 0)
        tellOfReads(pool, toRead).catch((error: unknown) => {
          const said = seldom('tell');
          if (said)
            logger.warn('Who reads records for webhooks was not told; it looks by itself', {
              error,
              ...said,
            });
        });
      return events.map((_, n) => ({ isKept: !unowned.has(n) }));
    },
    ...{ maxPerCommit: MAX_EVENTS_PER_COMMIT, ...MAX_WAITING },
  });
  const strays = createCommitter<StraySent, EventKept>({
    async commit(sent) {
      const owned = await keepStrays(
        pool,
        sent.map(({ event }) => event),
      );
      metrics.events('stray', sent.length - owned.size);
      return sent.map((_, n) => ({ isKept: !owned.has(n) }));
    },
    ...{ maxPerCommit: MAX_EVENTS_PER_COMMIT, ...MAX_STRAYS_WAITING },
  });
  return {
    route: createWebhookRoute({
      ...{ committer, strays, logger, metrics, portals: createPortalResolver(pool) },
    }),
    async stop() {
      await Promise.all([committer.drain(), strays.drain()]);
      await counts.stop();
    },
  };
}
