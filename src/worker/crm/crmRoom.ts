import { createFeedActivities } from '../../activities/crm/feedActivities.js';
import { createFeedInstruments } from '../../activities/crm/instruments.js';
import { consumersToCall } from '../../db/crm/deliveries.js';
import { consumersStanding, watchFeedHeld } from '../../db/crm/feedStanding.js';
import { CRM_RETENTION, FEED_DAYS } from '../../db/crm/retention.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { createOutboundCalls } from '../../platform/outbound/outboundCalls.js';
import { allowsLocal } from '../../platform/outbound/outboundUrl.js';
import { FEED_QUEUE } from '../../temporal/crm/contract.js';
import type { FeedDeliveryStarter } from '../../temporal/crm/starter.js';
import type { WorkerCore } from '../core.js';
import { handlersSweep } from './handlersSweep.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** Consumers of a round: a look is one probe of the feed. */
const MAX_PER_SWEEP = 200;
/** How often a consumer is looked at, whether something follows or not. */
const LOOK_EVERY_MS = 5000;

/** Looks at who reads the feed, and calls those that are to be called. */
export function createCrmRoom(core: WorkerCore, temporal: FeedDeliveryStarter): WorkerRoom {
  const { pool, sealing, config, logger, definitions } = core;
  const { handlers } = definitions;
  const stopping = new AbortController();
  const outbound = createOutboundCalls({ allowLocal: allowsLocal(config) });
  const metrics = createFeedInstruments(core.metrics, {
    consumers: () => consumersStanding(pool),
    heldSeconds: watchFeedHeld(pool),
  });
  return {
    activities: {
      [FEED_QUEUE]: createFeedActivities({
        ...{ pool, sealing, outbound, handlers, metrics, logger },
        stopping: stopping.signal,
      }),
    },
    sweeps: [
      {
        name: 'consumersLookedAt',
        everyMs: 0,
        timeoutMs: 20_000,
        async run() {
          const due = await consumersToCall(pool, {
            ...{ most: MAX_PER_SWEEP, againMs: LOOK_EVERY_MS, keepDays: FEED_DAYS },
          });
          crashPoint('crm.delivery.found');
          const started = await eachAlone(due, 'start of a delivery of the feed', async (consumer) => {
            await temporal.startFeedDelivery(consumer);
            return 1;
          });
          throwFirst(started);
          return started.did;
        },
      },
      ...(handlers.size === 0 ? [] : [handlersSweep({ pool, handlers, logger })]),
      ...createRetentionSweeps(pool, CRM_RETENTION),
    ],
    tables: CRM_RETENTION,
    drain() {
      stopping.abort();
      return Promise.resolve();
    },
  };
}
