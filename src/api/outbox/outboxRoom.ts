import { createOutboxInstruments, watchOutbox } from '../../services/outbox/instruments.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import { deadLettersRouter } from './deadLetters.js';
import { eventsBody, eventsRouter } from './events.js';
import { mappingsRouter } from './mappings.js';
import { outboxDependencies } from './outboxDependencies.js';
import { redrivesRouter } from './redrives.js';
import { outboxPortalsRouter } from './portals.js';
import { statsRouter } from './stats.js';

/** Events that come over HTTP, and what a workspace sees and changes of its outbox. */
export function createOutboxRoom(core: ApiCore, temporal: OutboxStarter): ApiRoom {
  const { pool, config, logger, metrics } = core;
  watchOutbox(metrics, core.probePool);
  const outbox = outboxDependencies({
    ...{ pool, config, logger, temporal },
    metrics: createOutboxInstruments(metrics),
  });
  return {
    keyed: [
      { path: '/events', body: eventsBody(), router: eventsRouter(outbox) },
      { path: '/outbox', router: statsRouter(outbox) },
      { path: '/outbox', router: deadLettersRouter(outbox) },
      { path: '/outbox', router: redrivesRouter(outbox) },
      { path: '/outbox', router: mappingsRouter(outbox) },
      { path: '/outbox', router: outboxPortalsRouter(outbox) },
    ],
  };
}
