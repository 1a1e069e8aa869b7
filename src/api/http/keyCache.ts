import {
  findApiKey,
  hashApiKey,
  touchApiKey,
  type ApiKey,
  type FoundApiKey,
} from '../../db/workspaces/apiKeys.js';
import type { Pool } from '../../db/pool.js';
import { createCache } from '../../platform/cache.js';
import { AppError } from '../../platform/errors.js';
import { createGate } from '../../platform/gate.js';
import type { Logger } from '../../platform/logger.js';

/** How long a revoked key works at most where the database's notification of it was not heard. */
const CACHE_TTL_MS = 30_000;
/** How long it is remembered that a key does not exist, or has ended. */
const REFUSED_TTL_MS = 5000;
/** How long a key that was valid is looked up without being counted: who guesses must not slow down who has one. */
const TRUSTED_TTL_MS = 3_600_000;
const TOUCH_MS = 60_000;
const MAX_CACHED = 10_000;
/** Look-ups of keys that were never seen here, at a time; strangers get no more of the database than this. */
const STRANGERS = { places: 4, mostWaiting: 200 };

interface Dependencies {
  readonly find: (hash: Buffer) => Promise<FoundApiKey | undefined>;
  /** Notes that a key is in use. */
  readonly touch: (key: ApiKey) => Promise<void>;
  readonly logger: Logger;
  readonly now?: () => number;
}

export interface KeyCache {
  /**
   * The key that was presented, in whatever state it is; undefined when there is none. `admit` is asked before the
   * database is, for a key that was not valid here before; when it rejects there is no look-up.
   */
  find(presented: string, admit?: () => Promise<void>): Promise<FoundApiKey | undefined>;
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
  /** What was looked up in vain: no key, or one that has ended. */
  const refused = createCache<string, { key: FoundApiKey | undefined }>({
    max: MAX_CACHED,
    ttlMs: REFUSED_TTL_MS,
    now,
  });
  /**
   * Keys whose use was noted lately. They stay when a key is forgotten: one that is forgotten often is not noted more
   * often.
   */
  const touched = createCache<string, true>({ max: MAX_CACHED, ttlMs: TOUCH_MS, now });
  const trusted = createCache<string, true>({ max: MAX_CACHED, ttlMs: TRUSTED_TTL_MS, now });
  const strangers = createGate(STRANGERS);
  /** Grows with each `forget`: what was being looked up meanwhile may be what was true before. */
  let forgotten = 0;

  async function lookUp(name: string, hash: Buffer): Promise<FoundApiKey | undefined> {
    const before = forgotten;
    const key = await find(hash);
    if (key?.state === 'active') trusted.set(name, true);
    else trusted.delete(name);
    if (before !== forgotten) return key;
    if (key?.state === 'active') cache.set(name, { name, key });
    else refused.set(name, { key });
    return key;
  }

  /**
   * Look-ups under way. A program that starts with many requests at once presents a key that is new here many times:
   * they share one look-up, which is counted once. Not one that began before a `forget`: it may tell what was so then.
   */
  const underWay = new Map<string, { since: number; answer: Promise<FoundApiKey | undefined> }>();

  function joinLookUp(
    name: string,
    begin: () => Promise<FoundApiKey | undefined>,
  ): Promise<FoundApiKey | undefined> {
    const joined = underWay.get(name);
    if (joined?.since === forgotten) return joined.answer;
    const mine = { since: forgotten, answer: begin() };
    underWay.set(name, mine);
    const done = () => void (underWay.get(name) === mine && underWay.delete(name));
    mine.answer.then(done, done);
    return mine.answer;
  }

  async function lookUpStranger(name: string, hash: Buffer, admit?: () => Promise<void>) {
    await admit?.();
    const found = strangers.run(() => lookUp(name, hash));
    if (found) return found;
    throw new AppError('unavailable', 'Too many unknown API keys are being looked up; try again', {
      retryAfterMs: 1000,
    });
  }

  /** Not waited for: noting the use of a key must not hold up, or fail, the request that uses it. */
  function noteUse(key: FoundApiKey): void {
    if (touched.get(key.id)) return;
    touched.set(key.id, true);
    touch(key).catch((error: unknown) => logger.warn('Could not note the use of an API key', { error }));
  }

  return {
    async find(presented, admit) {
      const hash = hashApiKey(presented);
      const name = hash.toString('base64');
      const known = cache.get(name) ?? refused.get(name);
      const key = known
        ? known.key
        : await joinLookUp(name, () =>
            trusted.get(name) ? lookUp(name, hash) : lookUpStranger(name, hash, admit),
          );
      if (key?.state !== 'active') return key;
      if (key.expiresAt && key.expiresAt.getTime() <= now()) return { ...key, state: 'expired' };
      noteUse(key);
      return key;
    },

    forget(keyId) {
      forgotten += 1;
      refused.clear();
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
