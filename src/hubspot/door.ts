import type { Config } from '../config.js';
import { isTransientDatabaseError } from '../db/pool.js';
import { AppError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Secret } from '../secret.js';
import type { Budget, BudgetMetrics, Permit, Priority } from './budget.js';
import {
  classifyResponse,
  type AnswerHeaders,
  type Outcome,
  type ThrottlePolicy,
  type UnavailableReason,
} from './outcomes.js';
import { pathOf, type ApiVersions, type ParamsOf, type ResourceName } from './paths.js';
import type { BodyOf, QueryOf } from './requests.js';
import type { AccessToken, Tokens } from './tokens.js';
import { createTransport, type Transport, type TransportResult } from './transport.js';

export type { Permit, Priority } from './budget.js';
export type { Outcome } from './outcomes.js';

/*
 * The one door to HubSpot: nothing else in this system opens a socket to it. A request spends the portal's budget, carries the
 * portal's token, and comes to one of a closed set of outcomes.
 */

interface RequestBase<R extends ResourceName> {
  portalId: number;
  priority: Priority;
  resource: R;
  query?: QueryOf<R>;
  /** From the call of `request` to its outcome, the wait for the budget included. */
  deadlineMs?: number;
  /** From `acquire`; the door uses it or gives it back. Without one, the door waits for its own. */
  permit?: Permit;
}

/** What a resource needs, and nothing that it does not know. */
type BodyPart<R extends ResourceName> = BodyOf<R> extends undefined ? { body?: never } : { body: BodyOf<R> };
type ParamsPart<R extends ResourceName> = [keyof ParamsOf<R>] extends [never]
  ? { params?: Record<string, never> }
  : { params: ParamsOf<R> };

export type DoorRequest<R extends ResourceName = ResourceName> = R extends ResourceName
  ? RequestBase<R> & BodyPart<R> & ParamsPart<R>
  : never;

export interface Door {
  acquire(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit>;
  /** Never throws for what HubSpot, the network, the token or the database do: that is what outcomes are for. A permit is spent or given back. */
  request(request: DoorRequest): Promise<Outcome>;
  close(): Promise<void>;
}

export interface DoorMetrics extends BudgetMetrics {
  request(event: {
    portalId: number;
    resource: ResourceName;
    kind: Outcome['kind'];
    status: number | undefined;
    ms: number;
  }): void;
}

export interface DoorDependencies {
  budget: Budget;
  tokens: Pick<Tokens, 'accessToken' | 'refreshNow' | 'timeZone'>;
  config: Pick<Config, 'HUBSPOT_API_BASE_URL'> & ApiVersions;
  logger: Logger;
  metrics?: DoorMetrics;
  transport?: Transport;
  now?: () => number;
  random?: () => number;
}

const DEADLINE_MS = 15_000;
/** Those who were refused together do not come back together. */
const BLOCK_JITTER = 0.1;
const POLICIES: readonly string[] = ['TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY'] satisfies ThrottlePolicy[];

export function createDoor(deps: DoorDependencies): Door {
  const { budget, tokens, config, logger, metrics } = deps;
  const transport = deps.transport ?? createTransport(config.HUBSPOT_API_BASE_URL);
  const now = deps.now ?? Date.now;
  const random = deps.random ?? Math.random;

  async function request(wish: DoorRequest): Promise<Outcome> {
    const startedAt = performance.now();
    const outcome = await attempt(wish, startedAt + (wish.deadlineMs ?? DEADLINE_MS));
    const ms = performance.now() - startedAt;
    const { portalId, resource } = wish;
    const status = 'status' in outcome ? outcome.status : undefined;
    metrics?.request({ portalId, resource, kind: outcome.kind, status, ms });
    if (outcome.kind !== 'ok') {
      // HubSpot's messages may quote property values, so they stay out; its correlation id finds them.
      const { correlationId, category, reason } = {
        correlationId: undefined,
        category: undefined,
        reason: undefined,
        ...outcome,
      };
      logger.log(reason === 'stopped' ? 'debug' : LEVELS[outcome.kind], `HubSpot: ${outcome.kind}`, {
        portalId,
        resource,
        status,
        correlationId,
        category,
        reason,
        ms: Math.round(ms),
      });
    }
    return outcome;
  }

  async function attempt(wish: DoorRequest, deadlineAt: number): Promise<Outcome> {
    let permit = wish.permit;
    const leftMs = () => Math.max(0, deadlineAt - performance.now());
    try {
      let token = await tokenOf(() => tokens.accessToken(wish.portalId, { waitMs: leftMs() }));
      for (let repeated = false; ; repeated = true) {
        if ('outcome' in token) return token.outcome;
        if (!permit) {
          const wait = await permitFor(wish, deadlineAt);
          if ('outcome' in wait) return wait.outcome;
          permit = wait.permit;
        }
        const { result, ageMs, sentMsAgo } = await send(wish, permit, token.secret, deadlineAt);
        if (result.kind === 'notSent') permit.giveBack();
        else permit.use(ageMs);
        permit = undefined;
        const outcome = outcomeOf(result, wish.portalId);
        if (result.kind === 'answered') heed(wish.portalId, outcome, result.headers, sentMsAgo);
        if (outcome.kind !== 'unauthorized' || repeated) return outcome;
        // HubSpot refused the token: once more with another, if there is one.
        const { version } = token;
        token = await tokenOf(() =>
          tokens.refreshNow(wish.portalId, { ifVersion: version, waitMs: leftMs() }),
        );
        if ('outcome' in token && token.outcome.kind === 'unauthorized') return outcome;
      }
    } finally {
      permit?.giveBack(); // does nothing where it was used
    }
  }

  async function tokenOf(ask: () => Promise<AccessToken>): Promise<AccessToken | { outcome: Outcome }> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict')) {
        return { outcome: { kind: 'unauthorized', message: error.message } };
      }
      if (error instanceof AppError && error.code === 'unavailable') {
        const { retryAfterMs } = error.details;
        const outcome = unavailable('token', error.message);
        return { outcome: retryAfterMs === undefined ? outcome : { ...outcome, retryAfterMs } };
      }
      if (!isTransientDatabaseError(error)) logger.error('The token of a portal cannot be read', { error });
      return { outcome: unavailable('token', 'The token cannot be read at the moment') };
    }
  }

  async function permitFor(
    wish: DoorRequest,
    deadlineAt: number,
  ): Promise<{ permit: Permit } | { outcome: Outcome }> {
    const { portalId } = wish;
    const leftMs = Math.max(0, deadlineAt - performance.now());
    const block = budget.blocked(portalId);
    if (block && block.ms > leftMs) return { outcome: throttledBy(block) };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), leftMs);
    try {
      return { permit: await budget.acquire(portalId, wish.priority, late.signal) };
    } catch (error) {
      const known = budget.blocked(portalId);
      if (late.signal.aborted && known) return { outcome: throttledBy(known) };
      if (late.signal.aborted)
        return { outcome: unavailable('budget', 'No part of the limit came free within the deadline') };
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'not_found') return { outcome: { kind: 'unauthorized', message: error.message } };
      return { outcome: unavailable(error.code === 'unavailable' ? 'stopped' : 'budget', error.message) };
    } finally {
      clearTimeout(timer);
    }
  }

  async function send(
    wish: DoorRequest,
    permit: Permit,
    token: Secret,
    deadlineAt: number,
  ): Promise<{ result: TransportResult; ageMs: number; sentMsAgo: number }> {
    const { method, path } = pathOf(wish.resource, config, wish.params ?? {}, wish.query);
    const body = wish.body === undefined ? undefined : JSON.stringify(wish.body);
    const sentAt = performance.now();
    let answeredAt: number | undefined;
    const result = await transport.send({
      method,
      path,
      body,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/json',
        'user-agent': 'sluice',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      deadlineMs: Math.max(0, deadlineAt - performance.now()),
      maySend: () => permit.expiresInMs > 0,
      onAnswer: () => (answeredAt = performance.now()),
    });
    const endedAt = performance.now();
    return {
      result,
      ageMs: answeredAt === undefined ? 0 : endedAt - answeredAt,
      sentMsAgo: endedAt - sentAt,
    };
  }

  function outcomeOf(result: TransportResult, portalId: number): Outcome {
    switch (result.kind) {
      case 'notSent':
        return unavailable(result.reason === 'permit' ? 'permit' : 'network', result.message);
      case 'noAnswer':
        return { kind: 'unknown', reason: result.reason, message: result.message };
      case 'answered': {
        const outcome = classifyResponse(result.status, result.headers, result.body, {
          nowMs: now(),
          timeZone: tokens.timeZone(portalId),
        });
        return outcome.kind === 'unknown' && result.cut ? { ...outcome, reason: result.cut } : outcome;
      }
    }
  }

  /** What an answer says about the requests that come after it. */
  function heed(portalId: number, outcome: Outcome, headers: AnswerHeaders, sentMsAgo: number): void {
    const remaining = numberOf(headers['x-hubspot-ratelimit-remaining']);
    const max = numberOf(headers['x-hubspot-ratelimit-max']);
    if (remaining !== undefined && max !== undefined) budget.correct(portalId, { remaining, max, sentMsAgo });
    if (outcome.kind === 'throttled') block(portalId, outcome.retryAfterMs, outcome.policy);
    if (outcome.kind === 'locked' || outcome.kind === 'migrating')
      block(portalId, outcome.retryAfterMs, outcome.kind);
  }

  /** The outcome does not wait for it: in this process the block holds at once. */
  function block(portalId: number, ms: number, reason: string): void {
    budget.block(portalId, ms * (1 + BLOCK_JITTER * random()), reason).catch((error: unknown) =>
      logger.warn('A block of HubSpot could not be told to the other processes', {
        portalId,
        reason,
        error,
      }),
    );
  }

  return {
    acquire: (portalId, priority, signal) => budget.acquire(portalId, priority, signal),
    request,
    close: () => transport.close(),
  };
}

const LEVELS: Record<Outcome['kind'], string> = {
  ok: 'debug',
  partial: 'debug',
  notFound: 'debug',
  invalid: 'info',
  throttled: 'warn',
  locked: 'warn',
  migrating: 'warn',
  unauthorized: 'warn',
  forbidden: 'warn',
  unavailable: 'warn',
  unknown: 'warn',
};

function unavailable(reason: UnavailableReason, message: string): Outcome & { kind: 'unavailable' } {
  return { kind: 'unavailable', reason, message, effect: 'none' };
}

function throttledBy({ ms, reason }: { ms: number; reason: string }): Outcome {
  return {
    kind: 'throttled',
    policy: isPolicy(reason) ? reason : 'other',
    retryAfterMs: Math.ceil(ms),
    message: `HubSpot asked to leave this portal alone (${reason})`,
  };
}

function isPolicy(reason: string): reason is ThrottlePolicy {
  return POLICIES.includes(reason);
}

function numberOf(header: AnswerHeaders[string]): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
