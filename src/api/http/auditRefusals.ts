import type { ErrorRequestHandler, Request } from 'express';
import type { Pool } from '../../db/pool.js';
import { createCache } from '../../platform/cache.js';
import { AppError, type ErrorCode } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { auditAndLog } from './auditRequest.js';

const ONCE_PER_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/**
 * Audits a refusal of a key without the scope, or of one that was revoked or has expired. Once a minute for each key
 * and route, so that nobody can fill the chain by asking. A key that never was belongs to no workspace; the metrics
 * count it.
 */
export function auditRefusals({ pool, logger }: { pool: Pool; logger: Logger }): ErrorRequestHandler {
  const audited = createCache<string, true>({ max: MAX_REMEMBERED, ttlMs: ONCE_PER_MS });

  function isNew(name: string): boolean {
    if (audited.get(name)) return false;
    audited.set(name, true);
    return true;
  }

  return (error: unknown, request, _response, next) => {
    const refused = error instanceof AppError ? refusalOf(request, error.code) : undefined;
    if (!refused || !isNew(`${refused.key.id} ${refused.route} ${refused.result}`)) return next(error);
    const { key, route, result } = refused;
    const entry = {
      workspaceId: key.workspaceId,
      actor: `key:${key.id}`,
      operation: 'access.refused',
      subject: { route },
      result,
    };
    auditAndLog({ db: pool, logger }, entry)
      .catch((failure: unknown) => logger.warn('A refusal could not be audited', { error: failure }))
      .finally(() => next(error));
  };
}

function refusalOf(request: Request, code: ErrorCode) {
  const key =
    code === 'forbidden' ? request.apiKey : code === 'unauthorized' ? request.deadApiKey : undefined;
  // The resource and no more: the rest of a path is the caller's, and may hold anything.
  const route = `${request.method} ${/^\/api\/[\w-]+/.exec(request.originalUrl)?.[0] ?? '/api'}`;
  return key && { key, route, result: code };
}
