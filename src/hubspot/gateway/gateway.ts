import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import type { Budgets, BudgetsMetrics } from '../budget/budgets.js';
import type { Permit } from '../budget/permit.js';
import { createRefusedTokens } from '../tokens/refusedTokens.js';
import type { AccessToken } from '../tokens/knownTokens.js';
import type { Tokens } from '../tokens/tokens.js';
import type { Outcome } from '../wire/outcomes.js';
import { RESOURCES, templateOf, type ApiVersions, type ResourceName } from '../wire/paths.js';
import { createTransport, type Transport } from '../wire/transport.js';
import { createAdmission, type Admission } from './admission.js';
import { createConnectionShares } from './connectionShares.js';
import { createConsequences } from './consequences.js';
import type { ErrorShare } from './errorShare.js';
import type { GatewayRequest } from './gatewayRequest.js';
import { createMissingScopes } from './missingScopes.js';
import { createRateRefusals } from './rateRefusals.js';
import type { RequestLog } from './requestLog.js';
import { createSender } from './sender.js';

export type { Permit } from '../budget/permit.js';
export type { Outcome } from '../wire/outcomes.js';
export type { GatewayRequest } from './gatewayRequest.js';

/*
 * The one gateway to HubSpot's API (docs/laws.md, law 2). A request spends the portal's budget, carries the portal's
 * token, comes to one of a closed set of outcomes, and leaves a line in the portal's log.
 */

export interface Gateway {
  /** A slot of the bucket that most requests count under. Rejects as `Budget.acquire` does. */
  acquire(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit>;
  /** Whether HubSpot, or the circuit breaker, wants that bucket of the portal left alone, as this process knows. */
  blocked(portalId: number): { readonly ms: number; readonly reason: string } | undefined;
  /**
   * Never throws for what HubSpot, the network, the token or the database do: each of these is an outcome. A permit is
   * used or given back.
   */
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
  /** Where requests are logged; without it, nowhere. */
  log?: RequestLog;
  /** Counts errors, and refuses low priorities before there are too many; without it, nothing is refused. */
  errorShare?: ErrorShare;
  transport?: Transport;
  now?: () => number;
  random?: () => number;
}

const DEADLINE_MS = 15_000;
/** No token has this version: the row is read anew. */
const UNKNOWN = -1;
const NOT_THEIRS: Outcome = {
  kind: 'unauthorized',
  message: 'The portal is not connected in this workspace',
};

/** The number of a portal says nothing of who may use it: a portal can be given to another workspace. */
const isForeign = ({ workspaceId }: GatewayRequest, token: Awaited<ReturnType<Admission['token']>>) =>
  workspaceId !== undefined && !('outcome' in token) && token.portal.workspaceId !== workspaceId;

export function createGateway(deps: GatewayDependencies): Gateway {
  const { budgets, tokens, config, logger, metrics, log, errorShare } = deps;
  const { now = Date.now, random = Math.random } = deps;
  const transport = deps.transport ?? createTransport(config.HUBSPOT_API_BASE_URL);
  const admission = createAdmission({ budgets, tokens, logger });
  const send = createSender({
    ...{ transport, config, now, connectionShares: createConnectionShares() },
    timeZone: (portalId) => tokens.timeZone(portalId),
  });
  const consequences = createConsequences({ budgets, logger, random });
  const afterRefusals = createRateRefusals();
  const missingScopes = createMissingScopes();
  const refusedTokens = createRefusedTokens();

  async function request(request: GatewayRequest): Promise<Outcome> {
    const startedAt = performance.now();
    const outcome = await attempt(request, startedAt + (request.deadlineMs ?? DEADLINE_MS));
    const ms = performance.now() - startedAt;
    const { portalId, resource } = request;
    const status = 'status' in outcome ? outcome.status : undefined;
    metrics?.request({ portalId, resource, kind: outcome.kind, status, ms });
    if (outcome.kind !== 'ok')
      logger.log(levelOf(outcome), `HubSpot: ${outcome.kind}`, {
        ...{ portalId, resource, status },
        ...detailsOf(outcome),
        ms: Math.round(ms),
      });
    return outcome;
  }

  async function attempt(request: GatewayRequest, deadlineAt: number): Promise<Outcome> {
    const { portalId } = request;
    let permit = request.permit;
    try {
      const heldBack = errorShare?.refusal(portalId, request.priority);
      if (heldBack) return heldBack;
      let token = await admission.token(portalId, deadlineAt);
      for (let repeated = false; ; repeated = true) {
        // The portal may have come to this workspace since the token was read.
        if (isForeign(request, token)) token = await admission.newerToken(portalId, UNKNOWN, deadlineAt);
        if ('outcome' in token) return token.outcome;
        if (isForeign(request, token)) return NOT_THEIRS;
        const { version } = token;
        const forbidden = request.fresh ? undefined : missingScopes.known(request, version);
        if (forbidden) return forbidden;
        let outcome: Outcome | undefined = refusedTokens.known(portalId, version);
        if (!outcome) {
          if (!permit) {
            const patientUntil = performance.now() + (request.mostWaitMs ?? Infinity);
            const admitted = await admission.permit(request, Math.min(deadlineAt, patientUntil));
            if ('outcome' in admitted) return admitted.outcome;
            permit = admitted;
          }
          outcome = await exchange(request, permit, token, deadlineAt);
          permit = undefined;
        }
        if (outcome.kind !== 'unauthorized' || repeated) return outcome;
        // HubSpot refused the token: the request is sent once more with another, if there is one.
        token = await admission.newerToken(portalId, version, deadlineAt);
        if ('outcome' in token && token.outcome.kind === 'unauthorized') {
          refusedTokens.note(portalId, version, outcome);
          return outcome;
        }
      }
    } finally {
      permit?.giveBack();
    }
  }

  /** Sends the request, applies what the answer says, and leaves a line in the log. */
  async function exchange(
    request: GatewayRequest,
    permit: Permit,
    token: AccessToken,
    deadlineAt: number,
  ): Promise<Outcome> {
    const { portalId, resource, priority } = request;
    const sent = await send(request, { permit, token: token.secret, deadlineAt });
    const { headers, status } = sent;
    const outcome = afterRefusals(request, sent.outcome, sent.ms);
    consequences.applyAnswer(request, {
      outcome,
      headers,
      sentMsAgo: sent.ms,
      probe: permit.probe === true,
    });
    missingScopes.note(request, token.version, outcome);
    if (sent.left) errorShare?.count(portalId, status !== undefined && status >= 400);
    log?.write({
      portalId,
      method: RESOURCES[resource].method,
      path: templateOf(resource, config),
      status,
      outcome: outcome.kind,
      ms: sent.ms,
      priority,
      bucket: RESOURCES[resource].bucket,
      budgetUsed: permit.taken,
      correlationId: 'correlationId' in outcome ? outcome.correlationId : undefined,
    });
    return outcome;
  }

  return {
    acquire: (portalId, priority, signal) => budgets.of('ten_secondly').acquire(portalId, priority, signal),
    blocked: (portalId) => budgets.of('ten_secondly').blocked(portalId),
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

function levelOf(outcome: Outcome): string {
  return 'reason' in outcome && outcome.reason === 'stopped' ? 'debug' : LEVELS[outcome.kind];
}

/** For the log. HubSpot's messages may quote property values, so they stay out; the correlation id finds them. */
function detailsOf(outcome: Outcome) {
  return {
    correlationId: 'correlationId' in outcome ? outcome.correlationId : undefined,
    category: 'category' in outcome ? outcome.category : undefined,
    reason: 'reason' in outcome ? outcome.reason : undefined,
  };
}
