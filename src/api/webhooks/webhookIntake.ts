import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { keepStrays, takeEvents, tellOfReads } from '../../db/webhooks/intake.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createSeldom } from '../../platform/seldom.js';
import type { ApiCore } from '../core.js';
import { createCommitter } from '../http/committer.js';
import type { SignedRoute } from '../room.js';
import { createWebhookInstruments } from './instruments.js';
import { createWebhookRoute, type WebhookCall, type WebhooksTaken } from './webhookRoute.js';

export interface WebhookIntake {
  readonly route: SignedRoute;
  stop(): Promise<void>;
}

/** One transaction takes so many events: as many as some dozen calls may have. */
const MAX_EVENTS_PER_COMMIT = 1000;

/** Wires the webhooks of one process: their group commit, and the word to who reads the records. */
export function createWebhookIntake({
  intakePool: pool,
  logger,
  metrics: core,
}: Pick<ApiCore, 'intakePool' | 'logger' | 'metrics'>): WebhookIntake {
  const metrics = createWebhookInstruments(core);
  const seldom = createSeldom();
  const committer = createCommitter<WebhookCall, WebhooksTaken>({
    async commit(calls) {
      const events = calls.flatMap((call) => call.events);
      const { fresh, unowned, toRead } = await takeEvents(pool, events);
      crashPoint('webhooks.intake.committed');
      metrics.batchSize.observe(events.length);
      metrics.events('fresh', fresh);
      metrics.events('repeat', events.length - fresh - unowned);
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
      return calls.map(() => ({ unowned }));
    },
    weigh: ({ events }) => events.length,
    maxPerCommit: MAX_EVENTS_PER_COMMIT,
  });
  return {
    route: createWebhookRoute({
      ...{ committer, logger, metrics, portals: createPortalResolver(pool) },
      keepStrays: (events) => keepStrays(pool, events),
    }),
    stop: () => committer.drain(),
  };
}
