import { openTokenJournal, type TokenJournal } from '../../hubspot/tokens/tokenJournal.js';
import { ConfigError, type Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { createKeyring } from '../../secrets/keyring.js';

/** The journal of granted tokens, where one is configured. Rejects where it cannot be used, in words. */
export async function openJournal(
  {
    TOKEN_JOURNAL_DIR,
    ENCRYPTION_KEYS,
    NODE_ENV,
  }: Pick<Config, 'TOKEN_JOURNAL_DIR' | 'ENCRYPTION_KEYS' | 'NODE_ENV'>,
  logger: Logger,
): Promise<TokenJournal | undefined> {
  if (TOKEN_JOURNAL_DIR === undefined) {
    if (NODE_ENV === 'production')
      logger.warn(
        'TOKEN_JOURNAL_DIR is not set: a token that HubSpot grants while the database takes nothing is lost when this process ends. Name a folder on a volume',
      );
    return undefined;
  }
  try {
    return await openTokenJournal(TOKEN_JOURNAL_DIR, createKeyring(ENCRYPTION_KEYS));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`TOKEN_JOURNAL_DIR: ${TOKEN_JOURNAL_DIR} cannot be used (${why})`);
  }
}
