import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { leftMs } from '../../platform/deadline.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import { OAuthError } from '../oauth/oauthFailure.js';
import { classifyResponse } from '../wire/classifyResponse.js';
import { journalCall, type JournalRequest, type JournalSubscriptionBody } from '../wire/journalRequests.js';
import { unavailable, type Outcome } from '../wire/outcomes.js';
import type { ApiVersions } from '../wire/paths.js';
import { refusedBy, unreadable, type Refused } from '../wire/refused.js';
import type { Transport } from '../wire/transport.js';
import type { AppToken } from './appToken.js';
import type { JournalPace } from './journalPace.js';

/*
 * The gateway of the webhooks journal: as the gateway of portals, with the app's own token and limit. Nothing else asks
 * for it.
 */

/** One entry of the journal, or that there is none behind the offset. */
export type JournalAnswer =
  | { readonly kind: 'entry'; readonly offset: string; readonly url: string }
  | { readonly kind: 'end' }
  /** The offset is not there any more, or never was. */
  | { readonly kind: 'lost' }
  | Refused;

export interface JournalSubscription {
  readonly id: number;
  readonly subscriptionType: string;
  readonly portalId: number | null;
  readonly objectTypeId: string | null;
  readonly actions: readonly string[];
  /** It is narrowed to some records or properties. */
  readonly isNarrowed: boolean;
}

export interface JournalClient {
  /** The first entry that there is (`null`), or the one behind an offset. */
  entryBehind(offset: string | null): Promise<JournalAnswer>;
  subscriptions(): Promise<{ kind: 'ok'; all: readonly JournalSubscription[] } | Refused>;
  subscribe(to: JournalSubscriptionBody): Promise<{ kind: 'ok' } | Refused>;
  /** One that is not there any more counts as ended. */
  unsubscribe(subscriptionId: number): Promise<{ kind: 'ok' } | Refused>;
  readonly pace: Pick<JournalPace, 'takenOver'>;
}

export interface JournalMetrics {
  journalRequest(event: { kind: JournalRequest['kind']; outcome: Outcome['kind']; ms: number }): void;
}

const DEADLINE_MS = 15_000;
const ASKED = "HubSpot's webhooks journal";

const entrySchema = z.looseObject({ currentOffset: z.uuid(), url: z.url() });
const integer = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);
const listed = z
  .array(z.unknown())
  .nullish()
  .transform((list) => list ?? []);
const subscriptionSchema = z.looseObject({
  id: integer,
  subscriptionType: z.string(),
  portalId: integer.nullish().transform((id) => id ?? null),
  objectTypeId: z
    .string()
    .nullish()
    .transform((id) => id ?? null),
  actions: listed.transform((list) => list.map(String)),
  objectIds: listed,
  properties: listed,
  associatedObjectTypeIds: listed,
});
const subscriptionsSchema = z.looseObject({ results: z.array(subscriptionSchema) });

export function createJournalClient(deps: {
  readonly transport: Transport;
  readonly token: AppToken;
  readonly pace: JournalPace;
  readonly config: ApiVersions & Pick<Config, 'HUBSPOT_API_BASE_URL'>;
  readonly logger: Logger;
  readonly metrics?: JournalMetrics;
}): JournalClient {
  const { transport, token, pace, config, logger, metrics } = deps;
  const seldom = createSeldom();

  async function ask(request: JournalRequest): Promise<Outcome> {
    const startedAt = performance.now();
    let outcome = await attempt(request, startedAt + DEADLINE_MS);
    // HubSpot may end a token before its time: the next one is asked for, once.
    if (outcome.kind === 'unauthorized') outcome = await attempt(request, startedAt + DEADLINE_MS);
    metrics?.journalRequest({ kind: request.kind, outcome: outcome.kind, ms: performance.now() - startedAt });
    if (outcome.kind !== 'ok') {
      const said = seldom(`${request.kind} ${outcome.kind}`);
      const { correlationId } = outcome;
      if (said && outcome.kind !== 'notFound')
        logger.warn(`${ASKED}: ${outcome.kind}`, {
          asked: request.kind,
          correlationId,
          ...said,
        });
    }
    return outcome;
  }

  async function attempt(request: JournalRequest, deadlineAt: number): Promise<Outcome> {
    const { method, path, body: sent } = journalCall(request, config);
    let secret;
    try {
      secret = await token.get();
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return unavailable('token', `The app got no token: ${error.failure.code ?? error.failure.class}`);
    }
    const body = sent === undefined ? undefined : JSON.stringify(sent);
    const answered = await pace.take();
    try {
      const result = await transport.send({
        ...{ method, path, body, deadlineMs: leftMs(deadlineAt), maySend: () => true },
        headers: {
          authorization: `Bearer ${secret.reveal()}`,
          accept: 'application/json',
          'user-agent': 'sluice',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      });
      if (result.kind === 'notSent') return unavailable('network', result.message);
      if (result.kind === 'noAnswer')
        return { kind: 'unknown', reason: result.reason, message: result.message };
      const clock = { nowMs: Date.now(), timeZone: 'UTC' };
      const outcome = classifyResponse(result.status, result.headers, result.body, clock);
      if (outcome.kind === 'unauthorized') token.drop(secret);
      return outcome;
    } finally {
      answered();
    }
  }

  return {
    pace,
    async entryBehind(offset) {
      const outcome = await ask(offset === null ? { kind: 'earliest' } : { kind: 'next', offset });
      if (outcome.kind === 'notFound') return offset === null ? { kind: 'end' } : { kind: 'lost' };
      if (outcome.kind !== 'ok') return refusedBy(ASKED, outcome);
      if (outcome.body === undefined) return { kind: 'end' };
      const entry = entrySchema.safeParse(outcome.body);
      if (!entry.success) return unreadable('an entry of the journal');
      return { kind: 'entry', offset: entry.data.currentOffset, url: entry.data.url };
    },
    async subscriptions() {
      const outcome = await ask({ kind: 'subscriptions' });
      if (outcome.kind !== 'ok') return refusedBy(ASKED, outcome);
      const list = subscriptionsSchema.safeParse(outcome.body);
      if (!list.success) return unreadable('the list of subscriptions');
      const all = list.data.results.map(({ objectIds, properties, associatedObjectTypeIds, ...one }) => ({
        ...one,
        isNarrowed: objectIds.length + properties.length + associatedObjectTypeIds.length > 0,
      }));
      return { kind: 'ok', all };
    },
    async subscribe(body) {
      const outcome = await ask({ kind: 'subscribe', body });
      return outcome.kind === 'ok' ? { kind: 'ok' } : refusedBy(ASKED, outcome);
    },
    async unsubscribe(subscriptionId) {
      const outcome = await ask({ kind: 'unsubscribe', subscriptionId });
      return outcome.kind === 'ok' || outcome.kind === 'notFound'
        ? { kind: 'ok' }
        : refusedBy(ASKED, outcome);
    },
  };
}
