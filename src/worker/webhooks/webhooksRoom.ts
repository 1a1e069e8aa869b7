import { z } from 'zod';
import { createDatabaseClock } from '../../db/clock.js';
import { listen } from '../../db/listen.js';
import { READS_CHANNEL } from '../../db/webhooks/intake.js';
import { erasuresLeft, hasReads } from '../../db/webhooks/reads.js';
import { WEBHOOK_RETENTION } from '../../db/webhooks/retention.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { eraseLeft } from '../../services/webhooks/eraseLeft.js';
import { RUN_PASS } from '../../services/sync/passes/passes.js';
import type { Eraser, SyncDependencies } from '../../services/sync/syncContext.js';
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
/** Of a round, a transaction each. */
const ERASED_AT_ONCE = 50;

/** Reads the records that webhooks have named, within a second or so. */
export function createWebhooksRoom(
  core: WorkerCore,
  temporal: JournalStarter,
  handed: Pick<SyncDependencies, 'tombstones'> & { readonly eraser: Eraser },
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
    sweeps: [
      ...(journal.sweeps ?? []),
      {
        name: 'webhookErasuresLeft',
        everyMs: 5000,
        timeoutMs: 60_000,
        async run(signal) {
          const went = await eachAlone(await erasuresLeft(pool, ERASED_AT_ONCE), 'erasure', (left) =>
            signal.aborted ? Promise.resolve(0) : eraseLeft({ pool, eraser: handed.eraser }, left),
          );
          throwFirst(went);
          return went.did;
        },
      },
      ...createRetentionSweeps(pool, WEBHOOK_RETENTION),
    ],
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
