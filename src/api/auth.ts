import type { Request, RequestHandler } from 'express';
import { findApiKey, hashApiKey, isApiKey, touchApiKey, type ApiKey, type Scope } from '../db/apiKeys.js';
import type { Queryable } from '../db/pool.js';
import { AppError } from '../errors.js';
import type { Logger } from '../logger.js';

declare module 'express-serve-static-core' {
  interface Request {
    /** Who asks; set by `authenticate`. */
    apiKey?: ApiKey;
  }
}

/** A revoked key works this much longer, at most. */
const CACHE_MS = 30_000;
const TOUCH_MS = 60_000;

interface Dependencies {
  readonly db: Queryable;
  readonly logger: Logger;
  /** Called for each request without a valid key, so that guessing can be slowed down. */
  readonly onRefused: RequestHandler;
  readonly now?: () => number;
}

/** Bearer authentication. Keys are looked up by their hash; who presents none that is valid learns nothing more. */
export function authenticate({ db, logger, onRefused, now = Date.now }: Dependencies): RequestHandler {
  const cache = new Map<string, { key: ApiKey; until: number; touchAt: number }>();

  async function lookUp(presented: string): Promise<ApiKey | undefined> {
    const hash = hashApiKey(presented);
    const name = hash.toString('base64');
    let entry = cache.get(name);
    if (!entry || entry.until <= now()) {
      const key = await findApiKey(db, hash);
      if (!key) {
        cache.delete(name);
        return undefined;
      }
      entry = { key, until: now() + CACHE_MS, touchAt: entry?.touchAt ?? 0 };
      cache.set(name, entry);
    }
    if (entry.key.expiresAt && entry.key.expiresAt.getTime() <= now()) return undefined;
    if (entry.touchAt <= now()) {
      entry.touchAt = now() + TOUCH_MS;
      // Not waited for: when a key was last used must not hold up, or fail, what it is used for.
      touchApiKey(db, entry.key.id).catch((error: unknown) =>
        logger.warn('Could not note the use of an API key', { error }),
      );
    }
    return entry.key;
  }

  return async (request, response, next) => {
    const presented = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const key = presented !== undefined && isApiKey(presented) ? await lookUp(presented) : undefined;
    if (key) {
      request.apiKey = key;
      return next();
    }
    const message =
      presented === undefined
        ? 'Send an API key: `Authorization: Bearer slc_…`. `npm run setup` makes one'
        : 'This API key is not valid (unknown, expired or revoked)';
    return onRefused(request, response, (error?: unknown) =>
      next(error ?? new AppError('unauthorized', message)),
    );
  };
}

/** The key of an authenticated request. */
export function apiKeyOf(request: Request): ApiKey {
  if (!request.apiKey) throw new AppError('internal', 'The route is not behind authenticate()');
  return request.apiKey;
}

/** Lets only keys with one of these scopes pass; `admin` holds all. */
export function requireScope(...scopes: [Scope, ...Scope[]]): RequestHandler {
  return (request, _response, next) => {
    const key = apiKeyOf(request);
    if (!scopes.some((scope) => hasScope(key, scope)))
      throw new AppError('forbidden', `This needs a key with the scope ${scopes.join(' or ')}`);
    next();
  };
}

export function hasScope(key: ApiKey, scope: Scope): boolean {
  return key.scopes.includes(scope) || key.scopes.includes('admin');
}
