import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { DatabaseClock } from '../../db/clock.js';
import type { Pool } from '../../db/pool.js';
import { syncsDue } from '../../db/sync/states.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { sideBySide } from '../../platform/sideBySide.js';
import type { SyncMetrics } from '../../services/sync/instruments.js';
import { runSync } from '../../services/sync/syncRun.js';
import type { DispatchRound } from '../../temporal/sync/contract.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';

export type DispatchActivities = ReturnType<typeof createDispatchActivities>;

/** Then no more is taken; the next round of the schedule does. */
const MAX_ROUND_MS = 8000;
/** Of one type: its search, and reading what that found. */
const MAX_PROBE_MS = 10_000;
const AT_ONCE = 16;
const ALIVE_EVERY_MS = 3000;

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly tombstones?: Pick<TombstoneKeys, 'of'> | undefined;
  readonly temporal: Pick<SyncStarter, 'startSync'>;
  readonly metrics: SyncMetrics;
  readonly logger: Logger;
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
}

export function createDispatchActivities({ stopping, logger, metrics, temporal, ...deps }: Dependencies) {
  return {
    /**
     * Looks by one search each whether anything has changed in what is due, and brings it into the mirror where one
     * page holds it. What is more, or still to be loaded, gets a workflow of its own. Safe to repeat and to run several
     * times at once.
     */
    async dispatchSyncs(): Promise<DispatchRound> {
      const round = { probed: 0, changed: 0, started: 0, failed: 0 };
      const signal = AbortSignal.any([cancellationSignal(), stopping]);
      const until = performance.now() + MAX_ROUND_MS;
      const signs = setInterval(() => heartbeat(round), ALIVE_EVERY_MS);
      try {
        const { failures } = await sideBySide({
          atOnce: AT_ONCE,
          take: () => syncsDue(deps.pool, AT_ONCE),
          hasTime: () => !signal.aborted && performance.now() < until,
          async work({ follows, ...object }) {
            if (follows) {
              const probe = await runSync(deps, {
                object,
                signal,
                untilMs: performance.now() + MAX_PROBE_MS,
                isProbe: true,
                onUnhandled: (error) =>
                  logger.error('Records of a portal cannot be handled', { ...object, error }),
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
          },
        });
        for (const error of failures) logger.error('A sync could not be dispatched', { error });
        round.failed += failures.length;
        return round;
      } finally {
        clearInterval(signs);
      }
    },
  };
}
