import { createOutboxService } from '../../activities/outbox/outboxService.js';
import { createOutboxEndSweep, createOutboxPortalHook } from '../../activities/outbox/portalHook.js';
import { inboxCheck } from '../../db/outbox/inboxCheck.js';
import { whyNobodyToSendTo } from '../../db/portals/sendingCheck.js';
import { outboxRetention } from '../../db/outbox/retention.js';
import { check } from '../../services/checks.js';
import { createOutboxInstruments, watchInbox } from '../../services/outbox/instruments.js';
import { OUTBOX_QUEUE } from '../../temporal/outbox/contract.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';
import { startWhenSomebody } from './startOutbox.js';
import { startWords } from './startWords.js';

/** Dispatches the events of applications and delivers them to HubSpot. */
export function createOutboxRoom(core: WorkerCore, temporal: OutboxStarter): WorkerRoom {
  const { pool, config, logger } = core;
  const tables = outboxRetention(config);
  const outbox = createOutboxService({
    ...{ ...core, temporal, registry: core.definitions.events },
    metrics: createOutboxInstruments(core.metrics),
  });
  watchInbox(core.metrics, outbox.inbox);
  let waiting: ReturnType<typeof startWhenSomebody> | undefined;
  return {
    ...(outbox.inbox !== pool && { checks: [check('inbox', inboxCheck(outbox.inbox))] }),
    activities: { [OUTBOX_QUEUE]: outbox.activities },
    sweeps: [
      { name: 'deliveriesStarted', everyMs: 0, timeoutMs: 20_000, run: () => outbox.startLeftBehind() },
      { name: 'outboxEnded', everyMs: 60_000, timeoutMs: 20_000, run: createOutboxEndSweep(core) },
      ...createRetentionSweeps(pool, tables),
    ],
    tables,
    portal: createOutboxPortalHook(core),
    start() {
      const sayAndStart = () => {
        const { level, message, outbox: how } = startWords(config);
        logger[level](message, { outbox: how });
        if (config.HUBSPOT_ENABLED) outbox.dispatcher.start();
      };
      waiting = startWhenSomebody({
        logger,
        whyNobody: () => whyNobodyToSendTo(pool, config),
        start: sayAndStart,
      });
    },
    drain() {
      waiting?.stop();
      return outbox.dispatcher.stop();
    },
    close: () => outbox.close(),
  };
}
