import { increment } from '../platform/increment.js';
import type { RollingLimiter } from '../platform/rollingLimiter.js';
import type { AppKind } from '../oauth/install.js';
import type { LimitPolicy, Portal } from '../portals/portal.js';
import type { Bucket, Route } from './request.js';

export interface CountedCall {
  portal: Portal;
  kind: AppKind;
  route: Route | undefined;
  /** Monotonic milliseconds. */
  atMs: number;
  epochMs: number;
}

/**
 * Counts a call with a valid token, and returns the limit that it exceeds, if any. Calls to paths that do not exist
 * count as well.
 */
export function exceededLimit(call: CountedCall, dailyLimit: number): LimitPolicy | undefined {
  const { portal, route, atMs } = call;
  const exceeded = exceededBy(call, dailyLimit);
  switch (route?.bucket) {
    case 'search':
      portal.searchCalls.push(atMs);
      break;
    case 'associations':
      portal.associationCalls.push(atMs);
      break;
    case 'app':
    case undefined:
      portal.calls.push(atMs);
      break;
    case 'none':
  }
  if (route?.target === 'callbacks') portal.callbackCalls.push(atMs);
  if (exceeded === undefined) return undefined;
  portal.rejected429 += 1;
  increment(portal.rejectedByPolicy, exceeded);
  return exceeded;
}

function exceededBy(call: CountedCall, dailyLimit: number): LimitPolicy | undefined {
  const { portal, atMs, epochMs } = call;
  const bucket: Bucket = call.route?.bucket ?? 'app';
  if (bucket === 'none') return undefined;
  const isDaily = call.kind === 'private';
  if (isDaily && portal.today.used(epochMs) >= dailyLimit) return 'DAILY';
  if (!limiterOf(portal, bucket).admit(atMs))
    return bucket === 'search' ? 'SECONDLY' : 'TEN_SECONDLY_ROLLING';
  if (isDaily) portal.today.add(epochMs);
  return undefined;
}

/** Answers of the search have none; the daily ones are for private apps only (docs/hubspot.md#limits). */
export function limitHeaders(call: CountedCall, dailyLimit: number): Record<string, string> {
  const { portal, atMs, epochMs } = call;
  const bucket: Bucket = call.route?.bucket ?? 'app';
  if (bucket === 'search' || bucket === 'none') return {};
  const limiter = limiterOf(portal, bucket);
  return {
    'X-HubSpot-RateLimit-Max': String(limiter.limit),
    'X-HubSpot-RateLimit-Remaining': String(limiter.remaining(atMs)),
    'X-HubSpot-RateLimit-Interval-Milliseconds': String(limiter.windowMs),
    ...(call.kind === 'private' && {
      'X-HubSpot-RateLimit-Daily': String(dailyLimit),
      'X-HubSpot-RateLimit-Daily-Remaining': String(Math.max(0, dailyLimit - portal.today.used(epochMs))),
    }),
  };
}

export function limiterOf(portal: Portal, bucket: Exclude<Bucket, 'none'>): RollingLimiter {
  switch (bucket) {
    case 'app':
      return portal.limiter;
    case 'search':
      return portal.searchLimiter;
    case 'associations':
      return portal.associationLimiter;
  }
}
