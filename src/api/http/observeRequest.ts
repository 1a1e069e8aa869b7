import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Config } from '../../platform/config/config.js';
import { withLogContext, type Logger } from '../../platform/logger.js';
import type { HttpInstruments } from './instruments.js';
import { matchedRoute } from './matchedRoute.js';

/** `X-Request-Id` as the caller gave it, or a new one; every line that is logged for this request carries it. */
export const identifyRequest: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const requestId = given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
  response.locals.requestId = requestId;
  response.set('X-Request-Id', requestId);
  const [first = '', second = ''] = wordsOf(request.path);
  withLogContext({ requestId, room: first === 'api' && second !== '' ? second : first }, next);
};

/** The parts of a path. What is no plain word may be a secret or what somebody tries: it is not repeated. */
function wordsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((part) => (/^[a-z][a-z_-]{0,31}$/i.test(part) ? part : ':id'));
}

/** One line at the beginning of each request, where the log is to be read by those who know such lines. */
export function announceRequest({ LOG_FORMAT }: Pick<Config, 'LOG_FORMAT'>, logger: Logger): RequestHandler {
  return (request, _response, next) => {
    if (LOG_FORMAT === 'asctime') logger.info(`Handling /${wordsOf(request.path).join('/')} request`);
    next();
  };
}

export function observeRequest(instruments: HttpInstruments, logger: Logger): RequestHandler {
  return (request, response, next) => {
    const from = performance.now();
    response.once('finish', () => {
      const route = matchedRoute(request) ?? 'none';
      const ms = performance.now() - from;
      instruments.requests.inc({ method: request.method, route, status: response.statusCode });
      instruments.requestSeconds.observe({ route }, ms / 1000);
      // A line that is not written is made all the same: at a thousand requests a second that is to be felt.
      if (!logger.isDebugEnabled()) return;
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
