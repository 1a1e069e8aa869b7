import type { ApiVersions } from './paths.js';

/*
 * Requests of the webhooks journal, which are the app's and no portal's: they carry the app's own token and count under
 * a limit of its own (docs/hubspot.md#webhooks). HubSpot describes them with a date in their paths alone.
 */

/** What a subscription is to. What HubSpot describes as required is required here too. */
export type JournalSubscriptionBody =
  | {
      readonly subscriptionType: 'OBJECT';
      readonly portalId: number;
      readonly objectTypeId: string;
      readonly actions: readonly string[];
      readonly objectIds: readonly number[];
      readonly properties: readonly string[];
    }
  | {
      readonly subscriptionType: 'ASSOCIATION';
      readonly portalId: number;
      readonly objectTypeId: string;
      readonly actions: readonly string[];
      readonly objectIds: readonly number[];
      readonly associatedObjectTypeIds: readonly string[];
    }
  | {
      readonly subscriptionType: 'GDPR_PRIVACY_DELETION';
      readonly portalId: number;
      readonly objectTypeId: string;
      readonly actions: readonly string[];
    }
  | {
      readonly subscriptionType: 'APP_LIFECYCLE_EVENT';
      readonly eventTypeId: string;
      readonly properties: readonly string[];
    };

export type JournalRequest =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'next'; readonly offset: string }
  | { readonly kind: 'subscriptions' }
  | { readonly kind: 'subscribe'; readonly body: JournalSubscriptionBody }
  | { readonly kind: 'unsubscribe'; readonly subscriptionId: number };
export type JournalRequestKind = JournalRequest['kind'];

/** The first version that HubSpot has described. */
const FIRST_VERSION = '2026-03';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Where a request goes, and what is sent. Throws a RangeError for an offset that could climb out of its segment. */
export function journalCall(
  request: JournalRequest,
  versions: ApiVersions,
): { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: JournalSubscriptionBody } {
  const asked = versions.HUBSPOT_API_VERSIONS.journal ?? versions.HUBSPOT_API_VERSION;
  const version = asked === 'v4' ? FIRST_VERSION : asked;
  const journal = `/webhooks-journal/journal/${version}`;
  const subscriptions = `/webhooks-journal/subscriptions/${version}`;
  switch (request.kind) {
    case 'earliest':
      return { method: 'GET', path: `${journal}/earliest` };
    case 'next':
      if (!UUID.test(request.offset))
        throw new RangeError('An offset of the webhooks journal must be a UUID');
      return { method: 'GET', path: `${journal}/offset/${request.offset}/next` };
    case 'subscriptions':
      return { method: 'GET', path: subscriptions };
    case 'subscribe':
      return { method: 'POST', path: subscriptions, body: request.body };
    case 'unsubscribe':
      return { method: 'DELETE', path: `${subscriptions}/${request.subscriptionId}` };
  }
}
