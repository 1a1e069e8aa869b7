import type { DatabaseClock } from '../../db/clock.js';
import type { Pool } from '../../db/pool.js';
import type { DueSync } from '../../db/sync/states.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { SyncMetrics } from '../../services/sync/instruments.js';
import { runSync } from '../../services/sync/syncRun.js';
import type { DispatchRound } from '../../temporal/sync/contract.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';

/** Of one type: its search, and reading what that found. */
const MAX_PROBE_MS = 10_000;

export interface LookDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly tombstones?: Pick<TombstoneKeys, 'of'> | undefined;
  readonly temporal: Pick<SyncStarter, 'startSync'>;
  readonly metrics: SyncMetrics;
  readonly logger: Logger;
}

/** What a round has come to so far. */
export type Counting = { -readonly [Name in keyof DispatchRound]: number };

/**
 * Looks by one search whether anything has changed in a type, and brings it into the mirror where one page holds it.
 * What is more, or still to be loaded, gets a workflow of its own.
 */
export function createLookAtType({ metrics, temporal, logger, ...deps }: LookDependencies) {
  return async ({ follows, ...object }: DueSync, round: Counting, signal: AbortSignal): Promise<void> => {
    if (follows) {
      const probe = await runSync(deps, {
        object,
        signal,
        untilMs: performance.now() + MAX_PROBE_MS,
        isProbe: true,
        onUnhandled: (error) => logger.error('Records of a portal cannot be handled', { ...object, error }),
        onPage: ({ phase, read }, ms) => metrics.page(phase, read, ms),
      });
      crashPoint('sync.dispatch.probed');
      metrics.run(probe.ended, probe.errorClass);
      round.probed += 1;
      round.changed += probe.changed;
      if (probe.ended === 'failed') {
        round.failed += 1;
        logger.warn('Records of a portal could not be read; it is tried again', object);
      }
      if (probe.ended !== 'more') return;
    }
    await temporal.startSync(object);
    round.started += 1;
  };
}
