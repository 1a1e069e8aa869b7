import { ConfigError, type Config } from '../platform/config/config.js';
import { keysInUse } from '../db/secrets/dataKeys.js';
import type { Queryable } from '../db/pool.js';
import type { HealthCheck } from '../platform/health.js';
import type { Logger } from '../platform/logger.js';

const KEEP_MS = 60_000;

/**
 * Whether ENCRYPTION_KEYS holds every key that the database needs. Fails with a ConfigError that names those that are
 * missing.
 */
export function encryptionKeysCheck(db: Queryable, keys: Config['ENCRYPTION_KEYS']): HealthCheck {
  let goodUntil = -Infinity;
  return async () => {
    if (performance.now() < goodUntil) return;
    const missing = (await keysInUse(db)).filter(({ keyId }) => !keys.some(({ id }) => id === keyId));
    if (missing.length > 0) {
      const names = missing.map(
        ({ keyId, dataKeys, values }) => `"${keyId}" (${dataKeys + values} depend on it)`,
      );
      throw new ConfigError(
        `Refusing to start: ENCRYPTION_KEYS lacks ${missing.length === 1 ? 'key' : 'keys'} ${names.join(', ')}. ` +
          'Add what is missing: without it tokens cannot be read. `sluice encryption-keys list` shows which keys are needed.',
      );
    }
    goodUntil = performance.now() + KEEP_MS;
  };
}

/** The check at start: a missing key ends the process. A database that is away does not; readiness goes on asking. */
export async function refuseMissingKeys(check: HealthCheck, logger: Logger): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    logger.warn(
      'Whether ENCRYPTION_KEYS holds every key that is needed could not be read yet; readiness goes on asking',
      {
        error,
      },
    );
  }
}
