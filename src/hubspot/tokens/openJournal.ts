import { ConfigError, type Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { createKeyring, type Keyring } from '../../secrets/keyring.js';

/** A journal of what HubSpot grants, where a folder is configured. Rejects where it cannot be used, in words. */
export async function openJournal<T>(
  {
    TOKEN_JOURNAL_DIR,
    ENCRYPTION_KEYS,
    NODE_ENV,
  }: Pick<Config, 'TOKEN_JOURNAL_DIR' | 'ENCRYPTION_KEYS' | 'NODE_ENV'>,
  logger: Logger,
  open: (directory: string, keyring: Keyring) => Promise<T>,
): Promise<T | undefined> {
  if (TOKEN_JOURNAL_DIR === undefined) {
    if (NODE_ENV === 'production')
      logger.warn(
        'TOKEN_JOURNAL_DIR is not set: what HubSpot grants while the database takes nothing is lost when this process ends, and that of an install with its page. Name a folder on a volume',
      );
    return undefined;
  }
  try {
    return await open(TOKEN_JOURNAL_DIR, createKeyring(ENCRYPTION_KEYS));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`TOKEN_JOURNAL_DIR: ${TOKEN_JOURNAL_DIR} cannot be used (${why})`);
  }
}
