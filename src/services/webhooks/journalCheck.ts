import type { Queryable } from '../../db/pool.js';
import { journalStanding } from '../../db/webhooks/journal.js';
import { Unable, type HealthCheck } from '../../platform/health.js';

/** Longer than it takes to go on after a worker that died. */
const MAX_SILENT_SECONDS = 120;

/** That HubSpot answers, and what it has published is read. One that was never read yet is about to be. */
export function journalCheck(db: Queryable): HealthCheck {
  return async () => {
    const stands = await journalStanding(db);
    if (!stands || stands.askedAt === null) {
      if (stands?.lastError) throw new Unable(stands.lastError);
      return;
    }
    if ((stands.silentSeconds ?? 0) > MAX_SILENT_SECONDS)
      throw new Unable(stands.lastError ?? 'Nobody has read it for some minutes');
  };
}
