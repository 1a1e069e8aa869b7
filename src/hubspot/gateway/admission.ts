import { isTransientDatabaseError } from '../../db/pool.js';
import { isBackground } from '../../domain/hubspot/priorities.js';
import { leftMs } from '../../platform/deadline.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Budgets } from '../budget/budgets.js';
import { BREAKER_REASONS } from '../budget/circuitBreakers.js';
import type { Permit } from '../budget/permit.js';
import type { AccessToken } from '../tokens/knownTokens.js';
import type { Tokens } from '../tokens/tokens.js';
import { unavailable, type Outcome, type ThrottlePolicy } from '../wire/outcomes.js';
import { RESOURCES } from '../wire/paths.js';
import type { GatewayRequest } from './gatewayRequest.js';

/**
 * What a request needs before it may be sent: the portal's token, and a permit of the budget. Where it cannot have one,
 * that is the request's outcome. Deadlines are monotonic.
 */
export interface Admission {
  token(portalId: number, deadlineAt: number): Promise<AccessToken | Refusal>;
  /** HubSpot refused the token of version `ifVersion`. */
  newerToken(portalId: number, ifVersion: number, deadlineAt: number): Promise<AccessToken | Refusal>;
  permit(request: GatewayRequest, deadlineAt: number): Promise<Permit | Refusal>;
}

interface Refusal {
  readonly outcome: Outcome;
}

interface Dependencies {
  readonly budgets: Budgets;
  readonly tokens: Pick<Tokens, 'accessToken' | 'refreshNow'>;
  readonly logger: Logger;
}

const POLICIES: readonly string[] = ['TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY'] satisfies ThrottlePolicy[];
/**
 * What reads in the background does not wait for more than this until a portal may be asked again: it has a slot of the
 * worker in hand, which other portals need, and comes again.
 */
const MOST_BLOCK_MS = 2000;
const LOOK_EVERY_MS = 500;
/** For requests that HubSpot counts under no limit. */
const EXEMPT: Omit<Permit, 'portalId'> = { expiresInMs: Infinity, use() {}, giveBack() {} };

export function createAdmission({ budgets, tokens, logger }: Dependencies): Admission {
  async function tokenOf(ask: () => Promise<AccessToken>): Promise<AccessToken | Refusal> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict'))
        return { outcome: { kind: 'unauthorized', message: error.message } };
      if (error instanceof AppError && error.code === 'unavailable') {
        const { retryAfterMs } = error.details;
        const outcome = unavailable('token', error.message);
        return { outcome: retryAfterMs === undefined ? outcome : { ...outcome, retryAfterMs } };
      }
      if (!isTransientDatabaseError(error)) logger.error('The token of a portal cannot be read', { error });
      return { outcome: unavailable('token', 'The token cannot be read at the moment') };
    }
  }

  return {
    token: (portalId, deadlineAt) =>
      tokenOf(() => tokens.accessToken(portalId, { waitMs: leftMs(deadlineAt) })),

    newerToken: (portalId, ifVersion, deadlineAt) =>
      tokenOf(() => tokens.refreshNow(portalId, { ifVersion, waitMs: leftMs(deadlineAt) })),

    async permit({ portalId, priority, resource }, deadlineAt) {
      const { bucket } = RESOURCES[resource];
      const waitMs = leftMs(deadlineAt);
      const budget = budgets.of(bucket === 'none' ? 'ten_secondly' : bucket);
      const block = budget.blocked(portalId);
      const breakerOpen = block !== undefined && BREAKER_REASONS.includes(block.reason);
      const mostBlockMs = isBackground(priority) ? Math.min(MOST_BLOCK_MS, waitMs) : waitMs;
      if (block && (block.ms > mostBlockMs || (bucket === 'none' && breakerOpen))) return refusedBy(block);
      if (bucket === 'none') return { portalId, ...EXEMPT };
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), waitMs);
      const looks = setInterval(() => {
        if (isBackground(priority) && (budget.blocked(portalId)?.ms ?? 0) > MOST_BLOCK_MS) late.abort();
      }, LOOK_EVERY_MS);
      try {
        return await budget.acquire(portalId, priority, late.signal);
      } catch (error) {
        const known = budget.blocked(portalId);
        if (late.signal.aborted && known) return refusedBy(known);
        if (late.signal.aborted)
          return { outcome: unavailable('budget', 'No part of the limit came free within the deadline') };
        if (!(error instanceof AppError)) throw error;
        if (error.code === 'not_found') return { outcome: { kind: 'unauthorized', message: error.message } };
        return { outcome: unavailable(error.code === 'unavailable' ? 'stopped' : 'budget', error.message) };
      } finally {
        clearTimeout(timer);
        clearInterval(looks);
      }
    },
  };
}

function refusedBy({ ms, reason }: { ms: number; reason: string }): Refusal {
  const retryAfterMs = Math.ceil(ms);
  if (BREAKER_REASONS.includes(reason)) {
    const message = 'HubSpot does not answer for this portal; its circuit breaker is open';
    return { outcome: { ...unavailable('breaker', message), retryAfterMs } };
  }
  const message = `HubSpot asked to leave this portal alone (${reason})`;
  return {
    outcome: { kind: 'throttled', policy: isPolicy(reason) ? reason : 'other', retryAfterMs, message },
  };
}

function isPolicy(reason: string): reason is ThrottlePolicy {
  return POLICIES.includes(reason);
}
