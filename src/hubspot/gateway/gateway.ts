import type { Config } from '../../platform/config/config.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Secret } from '../../platform/secret.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Budgets, BudgetsMetrics } from '../budget/budgets.js';
import { BREAKER_REASONS } from '../budget/circuitBreakers.js';
import type { Permit } from '../budget/permit.js';
import type { ErrorShare } from './errorShare.js';
import { createMissingScopes } from './missingScopes.js';
import { classifyResponse } from '../wire/classifyResponse.js';
import type { AnswerHeaders } from '../wire/headers.js';
import type { Outcome, ThrottlePolicy, UnavailableReason } from '../wire/outcomes.js';
import {
  pathOf,
  RESOURCES,
  templateOf,
  type ApiVersions,
  type ParamsOf,
  type RequestBucket,
  type ResourceName,
} from '../wire/paths.js';
import { createRefusedTokens } from '../tokens/refusedTokens.js';
import type { RequestLog } from './requestLog.js';
import type { BodyOf, QueryOf } from '../wire/requests.js';
import type { AccessToken, Tokens } from '../tokens/tokens.js';
import { createTransport, type Transport, type TransportResult } from '../wire/transport.js';

export type { Permit } from '../budget/permit.js';
export type { Outcome } from '../wire/outcomes.js';

/*
 * The one gateway to HubSpot: nothing else in this system opens a socket to it. A request spends the portal's budget, carries the
 * portal's token, comes to one of a closed set of outcomes, and leaves a line in the portal's log.
 */

interface RequestBase<R extends ResourceName> {
  portalId: number;
  priority: Priority;
  resource: R;
  query?: QueryOf<R>;
  /** From the call of `request` to its outcome, the wait for the budget included. */
  deadlineMs?: number;
  /** From `acquire`; the gateway uses it or gives it back. Without one, the gateway waits for its own. */
  permit?: Permit;
}

/** What a resource needs, and nothing that it does not know. */
type BodyPart<R extends ResourceName> = BodyOf<R> extends undefined ? { body?: never } : { body: BodyOf<R> };
type ParamsPart<R extends ResourceName> = [keyof ParamsOf<R>] extends [never]
  ? { params?: Record<string, never> }
  : { params: ParamsOf<R> };

export type GatewayRequest<R extends ResourceName = ResourceName> = R extends ResourceName
  ? RequestBase<R> & BodyPart<R> & ParamsPart<R>
  : never;

export interface Gateway {
  /** A slot of the ring that most requests count under. */
  acquire(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit>;
  /** Never throws for what HubSpot, the network, the token or the database do: that is what outcomes are for. A permit is spent or given back. */
  request(request: GatewayRequest): Promise<Outcome>;
  close(): Promise<void>;
}

export interface GatewayMetrics extends BudgetsMetrics {
  request(event: {
    portalId: number;
    resource: ResourceName;
    kind: Outcome['kind'];
    status: number | undefined;
    ms: number;
  }): void;
}

export interface GatewayDependencies {
  budgets: Budgets;
  tokens: Pick<Tokens, 'accessToken' | 'refreshNow' | 'timeZone'>;
  config: Pick<Config, 'HUBSPOT_API_BASE_URL'> & ApiVersions;
  logger: Logger;
  metrics?: GatewayMetrics;
  /** Where requests are written down; without it, nowhere. */
  log?: RequestLog;
  /** Counts errors, and refuses low priorities before there are too many; without it, nothing is refused. */
  errorShare?: ErrorShare;
  transport?: Transport;
  now?: () => number;
  random?: () => number;
}

const DEADLINE_MS = 15_000;
/** Those who were refused together do not come back together. */
const BLOCK_JITTER = 0.1;
const POLICIES: readonly string[] = ['TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY'] satisfies ThrottlePolicy[];
/** For requests that HubSpot counts under no limit. */
const EXEMPT: Omit<Permit, 'portalId'> = { expiresInMs: Infinity, use() {}, giveBack() {} };

export function createGateway(deps: GatewayDependencies): Gateway {
  const { budgets, tokens, config, logger, metrics, log, errorShare } = deps;
  const transport = deps.transport ?? createTransport(config.HUBSPOT_API_BASE_URL);
  const now = deps.now ?? Date.now;
  const random = deps.random ?? Math.random;
  const missingScopes = createMissingScopes(() => performance.now());
  const refusedTokens = createRefusedTokens(() => performance.now());

  async function request(wish: GatewayRequest): Promise<Outcome> {
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

  async function attempt(wish: GatewayRequest, deadlineAt: number): Promise<Outcome> {
    let permit = wish.permit;
    const leftMs = () => Math.max(0, deadlineAt - performance.now());
    try {
      const shed = errorShare?.refusal(wish.portalId, wish.priority);
      if (shed) return shed;
      let token = await tokenOf(() => tokens.accessToken(wish.portalId, { waitMs: leftMs() }));
      for (let repeated = false; ; repeated = true) {
        if ('outcome' in token) return token.outcome;
        const forbidden = missingScopes.known(wish.portalId, wish.resource, token.version);
        if (forbidden) return forbidden;
        let outcome: Outcome | undefined = refusedTokens.known(wish.portalId, token.version);
        if (!outcome) {
          if (!permit) {
            const wait = await permitFor(wish, deadlineAt);
            if ('outcome' in wait) return wait.outcome;
            permit = wait.permit;
          }
          outcome = await exchange(wish, permit, token, deadlineAt);
          permit = undefined;
        }
        if (outcome.kind !== 'unauthorized' || repeated) return outcome;
        // HubSpot refused the token: once more with another, if there is one.
        const { version } = token;
        token = await tokenOf(() =>
          tokens.refreshNow(wish.portalId, { ifVersion: version, waitMs: leftMs() }),
        );
        if ('outcome' in token && token.outcome.kind === 'unauthorized') {
          refusedTokens.note(wish.portalId, version, outcome);
          return outcome;
        }
      }
    } finally {
      permit?.giveBack(); // does nothing where it was used
    }
  }

  /** Sends it, and heeds what comes back. Uses the permit, or gives it back. */
  async function exchange(
    wish: GatewayRequest,
    permit: Permit,
    token: AccessToken,
    deadlineAt: number,
  ): Promise<Outcome> {
    const { portalId, resource, priority } = wish;
    const sentAt = performance.now();
    const { result, ageMs } = await send(wish, permit, token.secret, deadlineAt);
    if (result.kind === 'notSent') permit.giveBack();
    else permit.use(ageMs);
    const outcome = outcomeOf(result, portalId);
    const sentMsAgo = performance.now() - sentAt;
    if (result.kind === 'answered') heed(wish, outcome, result.headers, sentMsAgo);
    missingScopes.note(portalId, resource, token.version, outcome);
    noteReachable(portalId, outcome, permit.probe === true);
    const status = result.kind === 'answered' ? result.status : undefined;
    if (result.kind !== 'notSent') errorShare?.count(portalId, status !== undefined && status >= 400);
    log?.write({
      portalId,
      method: RESOURCES[resource].method,
      path: templateOf(resource, config),
      status,
      outcome: outcome.kind,
      ms: sentMsAgo,
      priority,
      bucket: RESOURCES[resource].bucket,
      budgetUsed: permit.taken,
      correlationId: 'correlationId' in outcome ? outcome.correlationId : undefined,
    });
    return outcome;
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
    wish: GatewayRequest,
    deadlineAt: number,
  ): Promise<{ permit: Permit } | { outcome: Outcome }> {
    const { portalId } = wish;
    const { bucket } = RESOURCES[wish.resource];
    const leftMs = Math.max(0, deadlineAt - performance.now());
    const budget = budgets.of(bucket === 'none' ? 'ten_secondly' : bucket);
    const block = budget.blocked(portalId);
    if (block && (block.ms > leftMs || (bucket === 'none' && BREAKER_REASONS.includes(block.reason))))
      return { outcome: refusedBy(block) };
    if (bucket === 'none') return { permit: { portalId, ...EXEMPT } };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), leftMs);
    try {
      return { permit: await budget.acquire(portalId, wish.priority, late.signal) };
    } catch (error) {
      const known = budget.blocked(portalId);
      if (late.signal.aborted && known) return { outcome: refusedBy(known) };
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
    wish: GatewayRequest,
    permit: Permit,
    token: Secret,
    deadlineAt: number,
  ): Promise<{ result: TransportResult; ageMs: number }> {
    const { method, path } = pathOf(wish.resource, config, wish.params ?? {}, wish.query);
    const body = wish.body === undefined ? undefined : JSON.stringify(wish.body);
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
    return { result, ageMs: answeredAt === undefined ? 0 : performance.now() - answeredAt };
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
  function heed(wish: GatewayRequest, outcome: Outcome, headers: AnswerHeaders, sentMsAgo: number): void {
    const { portalId } = wish;
    const { bucket } = RESOURCES[wish.resource];
    // The headers tell of the ten-secondly limit; searches and batches of associations carry none.
    const remaining = numberOf(headers['x-hubspot-ratelimit-remaining']);
    const max = numberOf(headers['x-hubspot-ratelimit-max']);
    if (bucket === 'ten_secondly' && remaining !== undefined && max !== undefined)
      budgets.of(bucket).correct(portalId, { remaining, max, sentMsAgo });
    if (outcome.kind === 'throttled')
      block(
        portalId,
        // Associations have a daily limit of their own.
        outcome.policy === 'DAILY' && bucket !== 'associations' ? 'portal' : bucket,
        outcome.retryAfterMs,
        outcome.policy,
      );
    if (outcome.kind === 'locked') block(portalId, bucket, outcome.retryAfterMs, outcome.kind);
    if (outcome.kind === 'migrating') block(portalId, 'portal', outcome.retryAfterMs, outcome.kind);
  }

  /** The outcome does not wait for it: in this process the block holds at once. */
  function block(portalId: number, bucket: RequestBucket | 'portal', ms: number, reason: string): void {
    if (bucket === 'none') return; // its caller waits; nothing else counts under it
    budgets.block(portalId, bucket, ms * (1 + BLOCK_JITTER * random()), reason).catch((error: unknown) =>
      logger.warn('A block of HubSpot could not be told to the other processes', {
        portalId,
        reason,
        error,
      }),
    );
  }

  /** What the circuit breaker makes of it. What says nothing about HubSpot is left out. */
  function noteReachable(portalId: number, outcome: Outcome, probe: boolean): void {
    if (outcome.kind === 'unknown' || (outcome.kind === 'forbidden' && outcome.html))
      return budgets.note(portalId, { kind: 'failed', probe });
    if (outcome.kind !== 'unavailable') return budgets.note(portalId, { kind: 'answered' });
    if (outcome.reason === 'server' || outcome.reason === 'redirect' || outcome.reason === 'network')
      budgets.note(portalId, { kind: 'failed', probe });
  }

  return {
    acquire: (portalId, priority, signal) => budgets.of('ten_secondly').acquire(portalId, priority, signal),
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

function refusedBy({ ms, reason }: { ms: number; reason: string }): Outcome {
  const retryAfterMs = Math.ceil(ms);
  if (BREAKER_REASONS.includes(reason)) {
    const message = 'HubSpot does not answer for this portal; its circuit breaker is open';
    return { kind: 'unavailable', reason: 'breaker', message, retryAfterMs, effect: 'none' };
  }
  const message = `HubSpot asked to leave this portal alone (${reason})`;
  return { kind: 'throttled', policy: isPolicy(reason) ? reason : 'other', retryAfterMs, message };
}

function isPolicy(reason: string): reason is ThrottlePolicy {
  return POLICIES.includes(reason);
}

function numberOf(header: AnswerHeaders[string]): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
