import { z } from 'zod';
import type {
  SubscribedTo,
  SubscriptionThere,
  SubscriptionsThere,
  WebhookSettings,
} from '../../domain/webhooks/subscriptionPlan.js';
import type { Config } from '../../platform/config/config.js';
import type { Secret } from '../../platform/secret.js';
import { classifyResponse } from '../wire/classifyResponse.js';
import { unavailable, type Outcome } from '../wire/outcomes.js';
import type { ApiVersions } from '../wire/paths.js';
import { refusedBy, unreadable, type Refused } from '../wire/refused.js';
import { subscriptionCall, type SubscriptionRequest } from '../wire/subscriptionRequests.js';
import type { Transport } from '../wire/transport.js';

/**
 * What HubSpot's webhooks API has of the app. The key of the developer account stands in the addresses of its requests,
 * as HubSpot has it, so no address is told of, in errors neither.
 */
export interface SubscriptionsClient {
  subscriptionsThere(): Promise<{ kind: 'ok'; there: SubscriptionsThere } | Refused>;
  configure(settings: WebhookSettings): Promise<{ kind: 'ok' } | Refused>;
  /** Active from then on. */
  create(to: SubscribedTo): Promise<{ kind: 'ok' } | Refused>;
  /** Up to a hundred. */
  switchAll(those: readonly SubscriptionThere[], active: boolean): Promise<{ kind: 'ok' } | Refused>;
}

const DEADLINE_MS = 15_000;
const ASKED = "HubSpot's webhooks API";

const settingsSchema = z.looseObject({
  targetUrl: z.string(),
  throttling: z.looseObject({ maxConcurrentRequests: z.int() }),
});
const listSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.coerce.number().int(),
      ...{ active: z.boolean(), eventType: z.string() },
      ...{ objectTypeId: z.string().nullish(), propertyName: z.string().nullish() },
    }),
  ),
});

export function createSubscriptionsClient(deps: {
  readonly transport: Pick<Transport, 'send'>;
  readonly key: Secret;
  readonly config: ApiVersions & Pick<Config, 'HUBSPOT_APP_ID'>;
}): SubscriptionsClient {
  const { transport, key, config } = deps;

  async function ask(request: SubscriptionRequest): Promise<Outcome> {
    const { method, path, body: sent } = subscriptionCall(request, config.HUBSPOT_APP_ID, config);
    const body = sent === undefined ? undefined : JSON.stringify(sent);
    const result = await transport.send({
      ...{ method, body, deadlineMs: DEADLINE_MS, maySend: () => true },
      path: `${path}?hapikey=${encodeURIComponent(key.reveal())}`,
      headers: {
        ...{ accept: 'application/json', 'user-agent': 'sluice' },
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
    if (result.kind === 'notSent') return unavailable('network', 'HubSpot cannot be reached');
    if (result.kind === 'noAnswer')
      return { kind: 'unknown', reason: result.reason, message: 'HubSpot did not answer' };
    const clock = { nowMs: Date.now(), timeZone: 'UTC' };
    return classifyResponse(result.status, result.headers, result.body, clock);
  }

  async function change(request: SubscriptionRequest): Promise<{ kind: 'ok' } | Refused> {
    const outcome = await ask(request);
    return outcome.kind === 'ok' ? { kind: 'ok' } : refusedBy(ASKED, outcome);
  }

  return {
    async subscriptionsThere() {
      const settings = await ask({ kind: 'settings' });
      // An app that has none yet.
      if (settings.kind !== 'ok' && settings.kind !== 'notFound') return refusedBy(ASKED, settings);
      const set = settings.kind === 'ok' ? settingsSchema.safeParse(settings.body) : undefined;
      if (set?.success === false) return unreadable('settings of webhooks');
      const listed = await ask({ kind: 'list' });
      if (listed.kind !== 'ok') return refusedBy(ASKED, listed);
      const list = listSchema.safeParse(listed.body);
      if (!list.success) return unreadable('a list of subscriptions');
      return {
        kind: 'ok',
        there: {
          settings: set
            ? {
                targetUrl: set.data.targetUrl,
                maxConcurrentRequests: set.data.throttling.maxConcurrentRequests,
              }
            : null,
          subscriptions: list.data.results.map(({ id, active, eventType, objectTypeId, propertyName }) => ({
            ...{ id, active, eventType },
            ...{ objectTypeId: objectTypeId ?? undefined, propertyName: propertyName ?? undefined },
          })),
        },
      };
    },
    configure: ({ targetUrl, maxConcurrentRequests }) =>
      change({ kind: 'configure', body: { targetUrl, throttling: { maxConcurrentRequests } } }),
    create: ({ eventType, objectTypeId, propertyName }) =>
      change({
        kind: 'create',
        body: {
          eventType,
          ...(objectTypeId !== undefined && { objectTypeId }),
          ...(propertyName !== undefined && { propertyName }),
          active: true,
        },
      }),
    switchAll: (those, active) =>
      change({ kind: 'switch', body: { inputs: those.map(({ id }) => ({ id, active })) } }),
  };
}
