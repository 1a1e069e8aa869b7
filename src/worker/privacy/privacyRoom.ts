import type { PersonalData } from '../../db/personalData.js';
import { erasuresDue, putOffErasure } from '../../db/privacy/erasures.js';
import { PRIVACY_RETENTION } from '../../db/privacy/retention.js';
import { describeDataError, isDataError } from '../../db/dataError.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { placesOf } from '../../services/privacy/places.js';
import { runErasure } from '../../services/privacy/runErasure.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** Erasures of a round, and for how long each goes on before the next one has its turn. */
const MAX_PER_SWEEP = 5;
const TURN_MS = 8000;
const TIMEOUT_MS = 60_000;

/** Erases what is stored of a record, wherever the rooms say that it may stand. */
export function createPrivacyRoom({ pool, sealing }: WorkerCore, personalData: PersonalData): WorkerRoom {
  const deps = { pool, sealing, places: placesOf(personalData) };
  return {
    sweeps: [
      {
        name: 'erasuresGoOn',
        everyMs: 3000,
        timeoutMs: TIMEOUT_MS,
        async run(signal) {
          const went = await eachAlone(await erasuresDue(pool, MAX_PER_SWEEP), 'erasure', async (erasure) => {
            const until = performance.now() + TURN_MS;
            try {
              const hasTime = () => performance.now() < until && !signal.aborted;
              const { done } = await runErasure(deps, erasure, hasTime);
              if (!done) await putOffErasure(pool, erasure, null);
              return 1;
            } catch (error) {
              await putOffErasure(pool, erasure, reasonOf(error));
              throw error;
            }
          });
          throwFirst(went);
          return went.did;
        },
      },
      ...createRetentionSweeps(pool, PRIVACY_RETENTION),
    ],
    tables: PRIVACY_RETENTION,
  };
}

/** What the database says of a value may quote it. */
function reasonOf(error: unknown): string {
  if (isDataError(error)) return `The database refused it (${describeDataError(error)})`;
  return error instanceof Error ? error.message : 'unknown';
}
