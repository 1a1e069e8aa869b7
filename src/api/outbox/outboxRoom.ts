import { createOutboxInstruments, watchOutbox } from '../../services/outbox/instruments.js';
import { searchOutbox } from '../../db/outbox/search.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import type { ApiCore } from '../core.js';
import type { ApiRoom } from '../room.js';
import type { Operation } from '../http/operation.js';
import { operationsRouter } from '../http/operationsRouter.js';
import { DEAD_LETTER_OPERATIONS } from './deadLetterOperations.js';
import { EVENT_OPERATIONS } from './eventOperations.js';
import { eventsBody, eventsRouter } from './eventsRouter.js';
import { EVENT_TYPE_OPERATIONS } from './eventTypeOperations.js';
import { MAPPING_OPERATIONS } from './mappingOperations.js';
import { OUTBOX_ATTENTION } from './outboxAttention.js';
import { outboxDependencies } from './outboxDependencies.js';
import { OUTBOX_PORTAL_OPERATIONS } from './outboxPortalOperations.js';
import { REDRIVE_OPERATIONS } from './redriveOperations.js';

/** Events that come over HTTP, and what a workspace sees and changes of its outbox. */
export function createOutboxRoom(core: ApiCore, temporal: OutboxStarter): ApiRoom {
  const { pool, config, logger, metrics, definitions } = core;
  watchOutbox(metrics, core.probePool);
  const outbox = outboxDependencies({
    ...{ pool, config, logger, temporal, registry: definitions.events },
    metrics: createOutboxInstruments(metrics),
  });
  const mount = (path: string, operations: readonly Operation<typeof outbox>[]) =>
    operationsRouter(path, operations, outbox, core);
  return {
    attention: [OUTBOX_ATTENTION],
    search: [{ scopes: ['outbox'], search: searchOutbox }],
    keyed: [
      { path: '/events', body: eventsBody(), router: eventsRouter(outbox, core) },
      { path: '/events', router: mount('/events', EVENT_OPERATIONS) },
      {
        path: '/outbox',
        router: mount('/outbox', [
          ...OUTBOX_PORTAL_OPERATIONS,
          ...DEAD_LETTER_OPERATIONS,
          ...REDRIVE_OPERATIONS,
          ...MAPPING_OPERATIONS,
          ...EVENT_TYPE_OPERATIONS,
        ]),
      },
    ],
  };
}
