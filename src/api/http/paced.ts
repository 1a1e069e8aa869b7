import type { Request, RequestHandler } from 'express';
import { createCache } from '../../platform/cache.js';
import { AppError } from '../../platform/errors.js';

interface Options {
  readonly perMinute: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;
/** What is asked for at once without a wait: the requests of three seconds, and those that a page makes in any case. */
const BURST_MS = 3000;
const LEAST_BURST = 20;
/** A request that would have to wait for longer is refused. So many are kept at most: those of this time. */
const MAX_WAIT_MS = 5000;
/** One that is forgotten has its burst once more. */
const MAX_KEYS = 10_000;

/**
 * Beyond a burst, requests of one key go on at the pace at which its limit lets them come in a minute; those that come
 * faster wait. Without it a key spends the whole of its minute in seconds, in which the machine is nobody else's. What
 * waits holds no connection to the database, and none of its body has been read.
 */
export function paced(
  { perMinute, now = () => performance.now() }: Options,
  keyOf: (request: Request) => string,
): RequestHandler {
  const gapMs = MINUTE_MS / perMinute;
  const burstMs = Math.max(BURST_MS, LEAST_BURST * gapMs);
  /** When each key has earned all that it asked for. */
  const earned = createCache<string, number>({ max: MAX_KEYS });

  return (request, response, next) => {
    const key = keyOf(request);
    const at = now();
    const then = Math.max(earned.get(key) ?? at, at) + gapMs;
    const waitMs = then - at - burstMs;
    if (waitMs > MAX_WAIT_MS) {
      throw new AppError(
        'too_many_requests',
        'More requests of this key wait than are let in; send fewer at once',
        {
          retryAfterMs: waitMs,
        },
      );
    }
    earned.set(key, then);
    if (waitMs <= 0) return next();
    const timer = setTimeout(() => {
      response.off('close', left);
      next();
    }, waitMs);
    const left = () => clearTimeout(timer); // whoever asked has gone
    response.once('close', left);
  };
}
