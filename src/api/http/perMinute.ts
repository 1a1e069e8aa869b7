import type { Request } from 'express';
import { rateLimit, type RateLimitRequestHandler } from 'express-rate-limit';
import { AppError } from '../../platform/errors.js';

/** Lets through so many requests a minute of each key, and answers the others 429 with `Retry-After`. */
export function perMinute(
  limit: number,
  keyGenerator: (request: Request) => string,
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator,
    // The key is ours or the peer's address as the socket has it: the library's warnings about proxies do not apply.
    validate: false,
    handler(_request, response, next, options) {
      const message = `More than ${limit} requests in a minute; try again when RateLimit says so`;
      const retryAfter = Number(response.get('Retry-After'));
      next(
        new AppError('too_many_requests', message, {
          retryAfterMs: (retryAfter || options.windowMs / 1000) * 1000,
        }),
      );
    },
  });
}

/** The address that a request comes from, as the socket has it. */
export function addressOf(request: Request): string {
  return request.ip ?? 'unknown';
}
