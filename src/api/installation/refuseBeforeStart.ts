import { withDeadline } from '../../platform/deadline.js';
import { AppError } from '../../platform/errors.js';
import { refuseForeignNamespace } from '../../services/installation/settleInstallation.js';
import type { ApiCore } from '../core.js';

const DEADLINE_MS = 3000;

/**
 * Rejects when another installation has the Temporal namespace: workflows that this API starts would be its. An API
 * starts without Temporal and without a database, so what cannot be found out in time is left to the worker.
 */
export async function refuseBeforeStart({
  pool,
  temporal,
  logger,
  config,
}: Pick<ApiCore, 'pool' | 'temporal' | 'logger' | 'config'>): Promise<void> {
  const looking = refuseForeignNamespace({ pool, temporal, namespace: config.TEMPORAL_NAMESPACE });
  try {
    await withDeadline(
      looking,
      DEADLINE_MS,
      () => new Error('Temporal or the database did not answer in time'),
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') throw error;
    logger.warn('Whose Temporal namespace this is could not be found out', { error });
  }
}
