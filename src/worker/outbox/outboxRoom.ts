import { createOutboxService } from '../../activities/outbox/outboxService.js';
import { createOutboxEndSweep, createOutboxPortalHook } from '../../activities/outbox/portalHook.js';
import { inboxCheck } from '../../db/outbox/inboxCheck.js';
import { outboxRetention } from '../../db/outbox/retention.js';
import { check } from '../../services/checks.js';
import { createOutboxInstruments, watchInbox } from '../../services/outbox/instruments.js';
import { OUTBOX_QUEUE } from '../../temporal/outbox/contract.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** Dispatches the events of applications and delivers them to HubSpot. */
export function createOutboxRoom(core: WorkerCore, temporal: OutboxStarter): WorkerRoom {
  const { pool, config, logger } = core;
  const tables = outboxRetention(config);
  const outbox = createOutboxService({ ...core, temporal, metrics: createOutboxInstruments(core.metrics) });
  watchInbox(core.metrics, outbox.inbox);
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
      // The first words of each are those that filters of older installations look for.
      if (!config.HUBSPOT_ENABLED) {
        logger.warn('HubSpot sync worker not started (HUBSPOT_ENABLED=false)', {
          outbox: 'switched off: nothing is captured, dispatched or delivered',
        });
        return;
      }
      outbox.dispatcher.start();
      const dry = 'dry run (HUBSPOT_SEND_LIVE=false): requests are logged as [DRY-RUN] and not sent';
      logger.info('HubSpot sync worker started', { outbox: config.HUBSPOT_SEND_LIVE ? 'live' : dry });
    },
    drain: () => outbox.dispatcher.stop(),
    close: () => outbox.close(),
  };
}
