import {
  findApiKey,
  hashApiKey,
  touchApiKey,
  type ApiKey,
  type FoundApiKey,
} from '../../db/workspaces/apiKeys.js';
import type { Pool } from '../../db/pool.js';
import { createCache } from '../../platform/cache.js';
import type { Logger } from '../../platform/logger.js';

/** How long a revoked key works at most where the database's notification of it was not heard. */
const CACHE_TTL_MS = 30_000;
const TOUCH_MS = 60_000;
const MAX_CACHED = 10_000;

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
  const cache = createCache<string, { name: string; key: FoundApiKey }>({
    max: MAX_CACHED,
    ttlMs: CACHE_TTL_MS - 1, // an entry is kept at the very end of its time, too: after 30 s it must be gone
    now,
  });
  /**
   * Keys whose use was noted lately. They stay when a key is forgotten: one that is forgotten often is not noted more
   * often.
   */
  const touched = createCache<string, true>({ max: MAX_CACHED, ttlMs: TOUCH_MS, now });
  /** Grows with each `forget`: what was being looked up meanwhile may be what was true before. */
  let forgotten = 0;

  async function lookUp(name: string, hash: Buffer): Promise<FoundApiKey | undefined> {
    const before = forgotten;
    const key = await find(hash);
    if (key?.state === 'active' && before === forgotten) cache.set(name, { name, key });
    return key;
  }

  /** Not waited for: noting the use of a key must not hold up, or fail, the request that uses it. */
  function noteUse(key: FoundApiKey): void {
    if (touched.get(key.id)) return;
    touched.set(key.id, true);
    touch(key).catch((error: unknown) => logger.warn('Could not note the use of an API key', { error }));
  }

  return {
    async find(presented) {
      const hash = hashApiKey(presented);
      const name = hash.toString('base64');
      const key = cache.get(name)?.key ?? (await lookUp(name, hash));
      if (key?.state !== 'active') return key;
      if (key.expiresAt && key.expiresAt.getTime() <= now()) return { ...key, state: 'expired' };
      noteUse(key);
      return key;
    },

    forget(keyId) {
      forgotten += 1;
      for (const { name, key } of [...cache.values()]) if (key.id === keyId) cache.delete(name);
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
