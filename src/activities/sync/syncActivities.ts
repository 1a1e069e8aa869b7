import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { DatabaseClock } from '../../db/clock.js';
import type { Pool } from '../../db/pool.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import { LONGEST_TURN_MS } from '../../domain/sync/turns.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { Logger } from '../../platform/logger.js';
import type { SyncMetrics } from '../../services/sync/instruments.js';
import type { SyncProgress } from '../../services/sync/syncContext.js';
import type { Turn } from './turns.js';
import { runSync, type SyncRunResult } from '../../services/sync/syncRun.js';

export type SyncActivities = ReturnType<typeof createSyncActivities>;

const ALIVE_EVERY_MS = 3000;

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly tombstones: Pick<TombstoneKeys, 'of'>;
  readonly maxErrorShare: number;
  readonly metrics: SyncMetrics;
  readonly logger: Logger;
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
  /** After its turn the workflow begins a new activity, behind those of others that wait for a slot. */
  readonly turns: { begin(): Turn };
}

export function createSyncActivities({ stopping, logger, metrics, turns, ...deps }: Dependencies) {
  return {
    /** One run. Safe to repeat and to run twice at once: whoever has no place does nothing. */
    async readRecords(object: SyncedObject): Promise<SyncRunResult> {
      let progress: SyncProgress | undefined;
      const turn = turns.begin();
      const signs = setInterval(() => heartbeat(progress), ALIVE_EVERY_MS);
      try {
        const result = await runSync(deps, {
          object,
          signal: AbortSignal.any([cancellationSignal(), stopping]),
          untilMs: performance.now() + LONGEST_TURN_MS,
          isTurnOver: turn.isOver,
          onUnhandled: (error) => logger.error('Records of a portal cannot be handled', { ...object, error }),
          onPage: (now, ms) => {
            metrics.page(now.phase, now.read - (progress?.read ?? 0), ms);
            progress = now;
          },
        });
        metrics.run(result.ended, result.errorClass);
        if (result.ended === 'failed')
          logger.warn('Records of a portal could not be read; it is tried again', object);
        return result;
      } finally {
        turn.end();
        clearInterval(signs);
      }
    },
  };
}
