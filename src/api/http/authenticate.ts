import type { Request, RequestHandler, Response } from 'express';
import type { ApiKey, Scope } from '../../db/workspaces/apiKeys.js';
import { isApiKey } from '../../domain/workspaces/apiKeyForm.js';
import { AppError } from '../../platform/errors.js';
import { readBody } from './body.js';
import type { KeyCache } from './keyCache.js';

declare module 'express-serve-static-core' {
  interface Request {
    /** Who asks; set by `authenticate`. */
    apiKey?: ApiKey;
    /** A key that was valid once, with which a request was refused. */
    deadApiKey?: ApiKey;
  }
}

interface Dependencies {
  readonly keys: Pick<KeyCache, 'find'>;
  /** Called before a key that was never valid here is looked up: hands on an error where that is too much. */
  readonly onUnknown?: RequestHandler;
  /** Called for each request without a valid key, so that guessing can be slowed down. */
  readonly onRefused: RequestHandler;
}

/** Bearer authentication. Keys are looked up by their hash; who presents none that is valid learns nothing more. */
export function authenticate({ keys, onUnknown, onRefused }: Dependencies): RequestHandler {
  return async (request, response, next) => {
    const presented = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const admit = onUnknown && (() => passing(onUnknown, request, response));
    const key =
      presented !== undefined && isApiKey(presented) ? await keys.find(presented, admit) : undefined;
    if (key?.state === 'active') {
      request.apiKey = key;
      return next();
    }
    if (key) request.deadApiKey = key;
    const message =
      presented === undefined
        ? 'Send an API key: `Authorization: Bearer slc_…`. `npm run setup` makes one'
        : 'This API key is not valid (unknown, expired or revoked)';
    return onRefused(request, response, (error?: unknown) =>
      next(error ?? new AppError('unauthorized', message)),
    );
  };
}

/** Resolves when the handler lets the request pass. */
function passing(handler: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void handler(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new AppError('internal', 'The request was not let in'));
    });
  });
}

/** The key of an authenticated request. */
export function apiKeyOf(request: Request): ApiKey {
  if (!request.apiKey) throw new AppError('internal', 'The route is not behind authenticate()');
  return request.apiKey;
}

/** Lets only keys with one of these scopes pass; `admin` holds all. The body is read only then. */
export function requireScope(...scopes: [Scope, ...Scope[]]): RequestHandler {
  return (request, response, next) => {
    const key = apiKeyOf(request);
    if (!scopes.some((scope) => hasScope(key, scope)))
      throw new AppError('forbidden', `This needs a key with the scope ${scopes.join(' or ')}`);
    void readBody(request, response, next);
  };
}

export function hasScope(key: ApiKey, scope: Scope): boolean {
  return key.scopes.includes(scope) || key.scopes.includes('admin');
}
