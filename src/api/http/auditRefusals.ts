import type { ErrorRequestHandler, Request } from 'express';
import type { Pool } from '../../db/pool.js';
import { createCache } from '../../platform/cache.js';
import { AppError, type ErrorCode } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { auditAndLog } from './auditRequest.js';

const ONCE_PER_MS = 60_000;
const MAX_REMEMBERED = 10_000;

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  /** Where the routers behind the key are mounted: `/api/lanes`. */
  readonly mounts: readonly string[];
}

/**
 * Audits a refusal of a key without the scope, or of one that was revoked or has expired. Once a minute for each key
 * and resource, however that is spelled, so that nobody can fill the chain by asking. A key that never was belongs to
 * no workspace; the metrics count it.
 */
export function auditRefusals({ pool, logger, mounts }: Dependencies): ErrorRequestHandler {
  const audited = createCache<string, true>({ max: MAX_REMEMBERED, ttlMs: ONCE_PER_MS });

  function isNew(name: string): boolean {
    if (audited.get(name)) return false;
    audited.set(name, true);
    return true;
  }

  return (error: unknown, request, _response, next) => {
    const refused = error instanceof AppError ? refusalOf(request, error.code, mounts) : undefined;
    if (!refused || !isNew(`${refused.key.id} ${refused.route} ${refused.result}`)) return next(error);
    const { key, route, result } = refused;
    const entry = {
      workspaceId: key.workspaceId,
      actor: `key:${key.id}`,
      operation: 'access.refused' as const,
      subject: { route },
      result,
    };
    auditAndLog({ db: pool, logger }, entry)
      .catch((failure: unknown) => logger.warn('A refusal could not be audited', { error: failure }))
      .finally(() => next(error));
  };
}

function refusalOf(request: Request, code: ErrorCode, mounts: readonly string[]) {
  const key =
    code === 'forbidden' ? request.apiKey : code === 'unauthorized' ? request.deadApiKey : undefined;
  return key && { key, route: resourceOf(request, mounts), result: code };
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The resource and no more: the rest of a path, and how it is spelled, is the caller's and may be anything. */
function resourceOf({ method, originalUrl }: Request, mounts: readonly string[]): string {
  const asked = (originalUrl.split('?', 1)[0] ?? '').toLowerCase();
  const mount = mounts.find((path) => asked === path || asked.startsWith(`${path}/`));
  return `${METHODS.includes(method) ? method : 'another'} ${mount ?? '/api'}`;
}
