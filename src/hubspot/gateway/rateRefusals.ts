import { createCache } from '../../platform/cache.js';
import { longestWaitMs } from '../wire/classifyResponse.js';
import type { Outcome, ThrottlePolicy } from '../wire/outcomes.js';
import { RESOURCES } from '../wire/paths.js';
import type { GatewayRequest } from './gatewayRequest.js';

/** Refusals for one reason, one after the other, with nothing taken between them. */
interface Row {
  readonly reason: ThrottlePolicy | 'locked';
  readonly count: number;
  /** Monotonic: when the last one was noted. What was sent before belongs to the same one. */
  readonly at: number;
}

const MAX_KNOWN = 20_000;
/** What the limit let through, whatever came of it. */
const TAKEN: ReadonlySet<Outcome['kind']> = new Set(['ok', 'partial', 'invalid', 'notFound', 'forbidden']);
/** After so long without a refusal the next one is a first one. */
const FORGET_MS = 30 * 60_000;

/**
 * Makes the wait after a 429 or 423 longer where the waits before it did not help: whatever HubSpot's header says, a
 * portal that is refused again and again is asked ever more seldom, within what its limit can need.
 */
export function createRateRefusals(now: () => number = () => performance.now()) {
  const rows = createCache<string, Row>({ max: MAX_KNOWN, ttlMs: FORGET_MS, now });
  return (request: GatewayRequest, outcome: Outcome, sentMsAgo: number): Outcome => {
    const key = `${request.portalId}/${RESOURCES[request.resource].bucket}`;
    const before = rows.get(key);
    const isNews = before === undefined || now() - sentMsAgo > before.at;
    if (outcome.kind !== 'throttled' && outcome.kind !== 'locked') {
      if (isNews && TAKEN.has(outcome.kind)) rows.delete(key);
      return outcome;
    }
    const reason = outcome.kind === 'locked' ? 'locked' : outcome.policy;
    const known = before?.reason === reason ? before.count : 0;
    const count = isNews || known === 0 ? known + 1 : known;
    if (isNews) rows.set(key, { reason, count, at: now() });
    const grownMs = Math.min(longestWaitMs(reason), outcome.retryAfterMs * 2 ** Math.min(20, count - 1));
    return { ...outcome, retryAfterMs: Math.max(outcome.retryAfterMs, grownMs) };
  };
}
