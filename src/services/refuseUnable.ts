import type { Config } from '../platform/config/config.js';
import { AppError } from '../platform/errors.js';
import { findUnable, type Check } from '../platform/health.js';

/**
 * Rejects in production where a check finds what waiting does not mend: a service that is up and does nothing is worse
 * than one that does not start. Elsewhere it starts, is not ready, and its log says why.
 */
export async function refuseUnable(
  checks: readonly Check[],
  { NODE_ENV }: Pick<Config, 'NODE_ENV'>,
): Promise<void> {
  if (NODE_ENV !== 'production') return;
  const [first, ...more] = await findUnable(checks);
  if (first === undefined) return;
  throw new AppError('conflict', [`Refusing to start in production: ${first}`, ...more].join('\n'));
}
