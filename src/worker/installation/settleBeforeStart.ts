import { setTimeout as delay } from 'node:timers/promises';
import { isTransientDatabaseError } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import { settleInstallation } from '../../services/installation/settleInstallation.js';
import type { WorkerCore } from '../core.js';

const AGAIN_MS = 2000;

/**
 * Before it takes its first task: whose namespace this is, and whether the database was restored. Waits for Temporal,
 * as the worker does anyway; not for the database, whose state the sweep of the installation finds out later. Rejects
 * when another installation has the namespace, and where `refuse` does: it finds out whether waiting is of any use.
 */
export async function settleBeforeStart(
  { pool, temporal, logger, config }: WorkerCore,
  refuse: () => Promise<void>,
): Promise<void> {
  const deps = { pool, temporal, logger, namespace: config.TEMPORAL_NAMESPACE };
  for (;;) {
    try {
      await settleInstallation(deps);
      return;
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') throw error;
      const waits = !(error instanceof AppError) && !isTransientDatabaseError(error);
      logger.warn('Which installation this is could not be found out yet', { error });
      if (!waits) return;
      await refuse();
      await delay(AGAIN_MS);
    }
  }
}
