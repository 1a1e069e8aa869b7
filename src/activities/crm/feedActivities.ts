import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { ConsumerId } from '../../db/crm/deliveries.js';
import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboundCalls } from '../../platform/outbound/outboundCalls.js';
import type { ChangeHandler } from '../../sdk/client/changeHandler.js';
import type { Sealing } from '../../secrets/sealing.js';
import {
  deliverChanges,
  type DeliveryProgress,
  type DeliveryResult,
} from '../../services/crm/deliverChanges.js';
import { callsOf } from '../../services/crm/callsOf.js';
import type { FeedMetrics } from './instruments.js';

export type FeedActivities = ReturnType<typeof createFeedActivities>;

/** Then those that wait for a slot of the workspace or the worker have theirs first. */
const TURN_MS = 30_000;
const ALIVE_EVERY_MS = 3000;

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly outbound: OutboundCalls;
  /** Of `sluice.config.ts`, by the names of their consumers. */
  readonly handlers: ReadonlyMap<string, ChangeHandler>;
  readonly metrics: FeedMetrics;
  readonly logger: Logger;
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
}

export function createFeedActivities({ stopping, logger, metrics, ...deps }: Dependencies) {
  return {
    /** One turn. Safe to repeat and to run twice at once: whoever has no place does nothing. */
    async callConsumer(consumer: ConsumerId): Promise<DeliveryResult> {
      let progress: DeliveryProgress = { delivered: 0, dead: 0 };
      const signs = setInterval(() => heartbeat(progress), ALIVE_EVERY_MS);
      try {
        const calls = { callsOf: callsOf.bind(undefined, { ...deps, logger }), pool: deps.pool };
        const result = await deliverChanges(calls, consumer, {
          signal: AbortSignal.any([cancellationSignal(), stopping]),
          untilMs: performance.now() + TURN_MS,
          onProgress: (now) => {
            metrics.progress(now.delivered - progress.delivered, now.dead - progress.dead);
            progress = now;
          },
        });
        metrics.run(result.ended);
        if (result.ended === 'failed')
          logger.warn('A consumer of the feed does not take its changes; it is tried again', { ...consumer });
        return result;
      } finally {
        clearInterval(signs);
      }
    },
  };
}
