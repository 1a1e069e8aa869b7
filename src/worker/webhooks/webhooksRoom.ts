import { z } from 'zod';
import { createDatabaseClock } from '../../db/clock.js';
import { listen } from '../../db/listen.js';
import { READS_CHANNEL } from '../../db/webhooks/intake.js';
import { hasReads } from '../../db/webhooks/reads.js';
import { WEBHOOK_RETENTION } from '../../db/webhooks/retention.js';
import { RUN_PASS } from '../../services/sync/passes/passes.js';
import type { SyncDependencies } from '../../services/sync/syncContext.js';
import type { JournalStarter } from '../../temporal/webhooks/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';
import { createJournalPart } from './journalPart.js';
import { createNamedReader } from './namedReader.js';

/** What is heard may be anybody's who has a login of the database. */
const toldSchema = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('is no JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ workspaceId: z.uuid(), portalId: z.number().int().positive(), objectType: z.string() }));

/** Of one type, which gives its place to the next one then. */
const MAX_TURN_MS = 15_000;
/** A portal that has no room for a call within this time gives its place to the next one, too. */
const MOST_WAIT_MS = 2000;

/** Reads the records that webhooks have named, within a second or so. */
export function createWebhooksRoom(
  core: WorkerCore,
  temporal: JournalStarter,
  handed: Pick<SyncDependencies, 'tombstones' | 'eraser'>,
): WorkerRoom {
  const { config, pool, gateway, logger } = core;
  const stopping = new AbortController();
  const clock = createDatabaseClock({ pool, logger });
  const named = createNamedReader({
    hasReads: (object) => hasReads(pool, object),
    async read(object) {
      const { ended, againInMs } = await RUN_PASS.webhooks(
        { pool, gateway, clock, ...handed, maxErrorShare: config.ERROR_SHARE_PERCENT / 100 },
        {
          ...{ object, signal: stopping.signal, untilMs: performance.now() + MAX_TURN_MS },
          mostWaitMs: MOST_WAIT_MS,
          onUnhandled: (error) =>
            logger.error('Records of a portal cannot be handled', { ...object, pass: 'webhooks', error }),
        },
      );
      if (ended === 'failed')
        logger.warn('Records that webhooks named could not be read; they are tried again', { ...object });
      return { notTaken: ended === 'not_taken', againInMs };
    },
    logger,
  });
  const journal = createJournalPart(core, temporal, stopping.signal);
  let listener: ReturnType<typeof listen> | undefined;
  return {
    ...(journal.checks && { checks: journal.checks }),
    ...(journal.activities && { activities: journal.activities }),
    sweeps: [...(journal.sweeps ?? []), ...createRetentionSweeps(pool, WEBHOOK_RETENTION)],
    tables: WEBHOOK_RETENTION,
    start() {
      clock.start();
      listener = listen(config, READS_CHANNEL, {
        logger,
        heard: (told) => {
          const object = toldSchema.safeParse(told);
          if (object.success) named.heard(object.data);
        },
      });
    },
    async drain() {
      stopping.abort();
      await Promise.all([named.stop(), listener?.stop()]);
      clock.stop();
    },
  };
}
