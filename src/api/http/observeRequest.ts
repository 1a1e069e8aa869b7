import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { withLogContext, type Logger } from '../../platform/logger.js';
import type { HttpInstruments } from './instruments.js';
import { matchedRoute } from './matchedRoute.js';

/** `X-Request-Id` as the caller gave it, or a new one; every line that is logged for this request carries it. */
export const identifyRequest: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const requestId = given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
  response.locals.requestId = requestId;
  response.set('X-Request-Id', requestId);
  withLogContext({ requestId }, next);
};

export function observeRequest(instruments: HttpInstruments, logger: Logger): RequestHandler {
  return (request, response, next) => {
    const from = performance.now();
    response.once('finish', () => {
      const route = matchedRoute(request) ?? 'none';
      const ms = performance.now() - from;
      instruments.requests.inc({ method: request.method, route, status: response.statusCode });
      instruments.requestSeconds.observe({ route }, ms / 1000);
      logger.debug('Answered', {
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(ms),
        apiKeyId: request.apiKey?.id,
      });
    });
    next();
  };
}
