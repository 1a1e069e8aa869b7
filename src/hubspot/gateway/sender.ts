import { leftMs } from '../../platform/deadline.js';
import type { Secret } from '../../platform/secret.js';
import type { Permit } from '../budget/permit.js';
import { classifyResponse } from '../wire/classifyResponse.js';
import type { AnswerHeaders } from '../wire/headers.js';
import { unavailable, type Outcome } from '../wire/outcomes.js';
import { pathOf, type ApiVersions } from '../wire/paths.js';
import type { Transport, TransportResult } from '../wire/transport.js';
import type { ConnectionShares } from './connectionShares.js';
import type { GatewayRequest } from './gatewayRequest.js';

/** What became of a request that was handed to the transport. */
export interface Sent {
  readonly outcome: Outcome;
  /** Whether it may have reached HubSpot. */
  readonly left: boolean;
  /** Of the answer, where one came. */
  readonly status: number | undefined;
  readonly headers: AnswerHeaders | undefined;
  readonly ms: number;
}

interface Dependencies {
  readonly transport: Transport;
  readonly connectionShares: ConnectionShares;
  readonly config: ApiVersions;
  readonly timeZone: (portalId: number) => string;
  readonly now: () => number;
}

/** Sends one request under a permit, which is used or given back. `deadlineAt` is monotonic. */
export type Sender = (
  request: GatewayRequest,
  way: { permit: Permit; token: Secret; deadlineAt: number },
) => Promise<Sent>;

/** What must be left for an answer: what waits longer for a connection is better not sent than of unknown effect. */
const ANSWER_MS = 1000;

/** Like a permit that ran out, it says nothing of whether HubSpot can be reached. */
const NO_CONNECTION: TransportResult = {
  kind: 'notSent',
  reason: 'permit',
  message: 'Other requests of this portal held its share of the connections to HubSpot until the deadline',
};

export function createSender({ transport, connectionShares, config, timeZone, now }: Dependencies): Sender {
  function outcomeOf(result: TransportResult, portalId: number): Outcome {
    switch (result.kind) {
      case 'notSent':
        return unavailable(result.reason === 'permit' ? 'permit' : 'network', result.message);
      case 'noAnswer':
        return { kind: 'unknown', reason: result.reason, message: result.message };
      case 'answered': {
        const clock = { nowMs: now(), timeZone: timeZone(portalId) };
        const outcome = classifyResponse(result.status, result.headers, result.body, clock);
        return outcome.kind === 'unknown' && result.cut ? { ...outcome, reason: result.cut } : outcome;
      }
    }
  }

  return async (request, { permit, token, deadlineAt }) => {
    const { method, path } = pathOf(request.resource, config, request.params ?? {}, request.query);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const sentAt = performance.now();
    let answeredAt: number | undefined;
    const exchange = () =>
      transport.send({
        method,
        path,
        body,
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          accept: 'application/json',
          'user-agent': 'sluice',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        deadlineMs: leftMs(deadlineAt),
        maySend: () => permit.expiresInMs > 0 && (request.maySend?.() ?? true),
        onAnswer: () => (answeredAt = performance.now()),
      });
    const handBack = await connectionShares.take(
      request.portalId,
      request.priority,
      leftMs(deadlineAt - ANSWER_MS),
    );
    const result: TransportResult = handBack ? await exchange().finally(handBack) : NO_CONNECTION;
    const left = result.kind !== 'notSent';
    if (left) permit.use(answeredAt === undefined ? 0 : performance.now() - answeredAt);
    else permit.giveBack();
    const answer = result.kind === 'answered' ? result : undefined;
    return {
      outcome: outcomeOf(result, request.portalId),
      left,
      status: answer?.status,
      headers: answer?.headers,
      ms: performance.now() - sentAt,
    };
  };
}
