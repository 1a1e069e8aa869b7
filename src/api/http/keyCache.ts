import {
  findApiKey,
  hashApiKey,
  touchApiKey,
  type ApiKey,
  type FoundApiKey,
} from '../../db/workspaces/apiKeys.js';
import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';

/** So long a revoked key works at most, where the database's word of it was not heard. */
const CACHE_MS = 30_000;
const TOUCH_MS = 60_000;

interface Dependencies {
  readonly find: (hash: Buffer) => Promise<FoundApiKey | undefined>;
  /** Notes that a key is in use. */
  readonly touch: (key: ApiKey) => Promise<void>;
  readonly logger: Logger;
  readonly now?: () => number;
}

export interface KeyCache {
  /** The key that was presented, in whatever state it is; undefined when there is none. */
  find(presented: string): Promise<FoundApiKey | undefined>;
  /** A key was changed: it is looked up anew when it is next presented. */
  forget(keyId: string): void;
}

/** The keys that this process has seen lately. */
export function createKeyCache({ find, touch, logger, now = Date.now }: Dependencies): KeyCache {
  const cache = new Map<string, { key: FoundApiKey; until: number; touchAt: number }>();
  /** Grows with each `forget`: what was being looked up meanwhile may be what was true before. */
  let forgotten = 0;

  return {
    async find(presented) {
      const hash = hashApiKey(presented);
      const name = hash.toString('base64');
      let entry = cache.get(name);
      if (!entry || entry.until <= now()) {
        const before = forgotten;
        const key = await find(hash);
        if (key?.state !== 'active') {
          cache.delete(name);
          return key;
        }
        entry = { key, until: now() + CACHE_MS, touchAt: entry?.touchAt ?? 0 };
        if (before === forgotten) cache.set(name, entry);
      }
      if (entry.key.expiresAt && entry.key.expiresAt.getTime() <= now())
        return { ...entry.key, state: 'expired' };
      if (entry.touchAt <= now()) {
        entry.touchAt = now() + TOUCH_MS;
        // Not waited for: when a key was last used must not hold up, or fail, what it is used for.
        touch(entry.key).catch((error: unknown) =>
          logger.warn('Could not note the use of an API key', { error }),
        );
      }
      return entry.key;
    },

    forget(keyId) {
      forgotten += 1;
      // touchAt stays: a key that is forgotten often is not noted more often.
      for (const entry of cache.values()) if (entry.key.id === keyId) entry.until = 0;
    },
  };
}

/** The cache over a database. */
export function cacheKeysOf(pool: Pool, logger: Logger): KeyCache {
  return createKeyCache({
    find: (hash) => findApiKey(pool, hash),
    touch: (key) => touchApiKey(pool, key),
    logger,
  });
}
