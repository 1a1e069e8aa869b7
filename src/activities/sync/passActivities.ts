import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { DatabaseClock } from '../../db/clock.js';
import type { Pool } from '../../db/pool.js';
import { passesDue } from '../../db/sync/passes.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import type { PassName } from '../../domain/sync/passes.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { Logger } from '../../platform/logger.js';
import { sideBySide } from '../../platform/sideBySide.js';
import { RUN_PASS } from '../../services/sync/passes/passes.js';
import type { Eraser } from '../../services/sync/syncContext.js';
import type { PassRound } from '../../temporal/sync/contract.js';

export type PassActivities = ReturnType<typeof createPassActivities>;

/** Then the next round of the schedule begins, which asks again what is due. */
const MAX_ROUND_MS = 60_000;
/** Of one type in a round, which gives its slot to the next one then. */
const MAX_TURN_MS = 15_000;
const AT_ONCE = 8;
const ALIVE_EVERY_MS = 3000;

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly tombstones: Pick<TombstoneKeys, 'of'>;
  readonly maxErrorShare: number;
  readonly eraser: Eraser;
  readonly logger: Logger;
  /** The worker is asked to stop. */
  readonly stopping: AbortSignal;
}

export function createPassActivities({ stopping, logger, ...deps }: Dependencies) {
  return {
    /** Does what is due of a pass. Safe to repeat and to run twice at once: a type is in one hand. */
    async runDuePasses(pass: PassName): Promise<PassRound> {
      const round = { turns: 0, seen: 0, changed: 0, failed: 0 };
      const signal = AbortSignal.any([cancellationSignal(), stopping]);
      const until = performance.now() + MAX_ROUND_MS;
      const signs = setInterval(() => heartbeat(round), ALIVE_EVERY_MS);
      try {
        const { failures } = await sideBySide({
          atOnce: AT_ONCE,
          take: () => passesDue(deps.pool, pass, AT_ONCE),
          hasTime: () => !signal.aborted && performance.now() < until,
          async work(object) {
            const { ended, seen, changed } = await RUN_PASS[pass](deps, {
              object,
              signal,
              untilMs: performance.now() + MAX_TURN_MS,
              onUnhandled: (error) =>
                logger.error('Records of a portal cannot be handled', { ...object, pass, error }),
            });
            round.turns += 1;
            round.seen += seen;
            round.changed += changed;
            if (ended === 'failed') {
              round.failed += 1;
              logger.warn('A pass over records of a portal failed; it is tried again', { ...object, pass });
            }
          },
        });
        for (const error of failures) logger.error('A pass could not be run', { pass, error });
        round.failed += failures.length;
        return round;
      } finally {
        clearInterval(signs);
      }
    },
  };
}
