import type { Logger } from '../../platform/logger.js';
import type { Budgets } from '../budget/budgets.js';
import type { AnswerHeaders } from '../wire/headers.js';
import { countIn } from '../wire/hints.js';
import type { Outcome, UnavailableReason } from '../wire/outcomes.js';
import { RESOURCES, type RequestBucket } from '../wire/paths.js';
import type { GatewayRequest } from './gatewayRequest.js';

/*
 * What an answer means for the requests that come after it: a 429, 423 or 477 becomes a block, the headers correct the
 * budget, and failures open the portal's circuit breaker.
 */

export interface Consequences {
  /** Applies an answer with its headers, or (without headers) that none came. `sentMsAgo` is the age of the request. */
  applyAnswer(request: GatewayRequest, answer: Answer): void;
}

interface Answer {
  readonly outcome: Outcome;
  readonly headers?: AnswerHeaders | undefined;
  readonly sentMsAgo: number;
  /** The request was the one that a half-open circuit breaker let through. */
  readonly probe: boolean;
}

const NOT_REACHED: ReadonlySet<UnavailableReason> = new Set(['server', 'foreign', 'redirect', 'network']);

/** Requests that were refused together do not come back together; and not hours later after a day's wait. */
const JITTER = { share: 0.1, maxMs: 30_000 };

export function createConsequences({
  budgets,
  logger,
  random,
}: {
  budgets: Budgets;
  logger: Logger;
  random: () => number;
}): Consequences {
  /** The headers are about the ten-secondly limit; answers to searches and batches of associations have none. */
  function correctBudget(portalId: number, headers: AnswerHeaders, sentMsAgo: number): void {
    const remaining = countIn(headers, 'x-hubspot-ratelimit-remaining');
    const max = countIn(headers, 'x-hubspot-ratelimit-max');
    if (remaining === undefined || max === undefined) return;
    budgets.of('ten_secondly').correct(portalId, { remaining, max, sentMsAgo });
  }

  function blockAfter(outcome: Outcome, portalId: number, bucket: RequestBucket): void {
    switch (outcome.kind) {
      case 'throttled': {
        // A day's limit is the portal's; associations have a daily limit of their own.
        const all = outcome.policy === 'DAILY' && bucket !== 'associations';
        return block(portalId, all ? 'portal' : bucket, outcome.retryAfterMs, outcome.policy);
      }
      case 'locked':
        return block(portalId, bucket, outcome.retryAfterMs, outcome.kind);
      case 'migrating':
        return block(portalId, 'portal', outcome.retryAfterMs, outcome.kind);
      default:
    }
  }

  /** The outcome does not wait for it: in this process the block holds at once. */
  function block(portalId: number, bucket: RequestBucket | 'portal', ms: number, reason: string): void {
    if (bucket === 'none') return; // the caller waits, and no other request counts under it
    const jitterMs = Math.min(ms * JITTER.share, JITTER.maxMs) * random();
    budgets.block(portalId, bucket, ms + jitterMs, reason).catch((error: unknown) =>
      logger.warn('A block of HubSpot could not be shared with the other processes', {
        portalId,
        reason,
        error,
      }),
    );
  }

  /** Notes for the circuit breaker whether HubSpot answered. Outcomes that say nothing about HubSpot are left out. */
  function noteReachable(portalId: number, outcome: Outcome, probe: boolean): void {
    // HubSpot has said more than is read: it is there.
    if (outcome.kind === 'unknown' && outcome.reason === 'too_large')
      return budgets.note(portalId, { kind: 'answered' });
    if (outcome.kind === 'unknown') return budgets.note(portalId, { kind: 'failed', probe });
    if (outcome.kind !== 'unavailable' || outcome.reason === 'unclear')
      return budgets.note(portalId, { kind: 'answered' });
    if (NOT_REACHED.has(outcome.reason)) budgets.note(portalId, { kind: 'failed', probe });
  }

  return {
    applyAnswer({ portalId, resource }, { outcome, headers, sentMsAgo, probe }) {
      const { bucket } = RESOURCES[resource];
      if (headers && bucket === 'ten_secondly') correctBudget(portalId, headers, sentMsAgo);
      if (headers) blockAfter(outcome, portalId, bucket);
      noteReachable(portalId, outcome, probe);
    },
  };
}
