import type { Request } from 'express';
import { rateLimit, type RateLimitRequestHandler } from 'express-rate-limit';
import { AppError } from '../../platform/errors.js';

/** Lets through so many requests a minute of each key, and answers the others 429 with `Retry-After`. */
export function perMinute(
  limit: number,
  keyGenerator: (request: Request) => string,
  /** Untold limits are not in the headers of answers: they guard something that callers need not know of. */
  { told = true }: { told?: boolean } = {},
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: told ? 'draft-8' : false,
    legacyHeaders: false,
    keyGenerator,
    // The key is ours, or an address that TRUSTED_PROXIES were asked for: the library's warnings do not apply.
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
