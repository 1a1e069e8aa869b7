import type { ApiVersions } from './paths.js';

/*
 * Requests of the webhooks API, by which a legacy public app says what it is told of. They are the app's and no
 * portal's, and are asked with the key of its developer account (docs/hubspot.md#webhooks).
 */

/** What a subscription is to. */
export interface SubscriptionBody {
  readonly eventType: string;
  readonly objectTypeId?: string;
  readonly propertyName?: string;
  readonly active: boolean;
}

export interface WebhookSettingsBody {
  readonly targetUrl: string;
  readonly throttling: { readonly maxConcurrentRequests: number };
}

export type SubscriptionRequest =
  | { readonly kind: 'settings' }
  | { readonly kind: 'configure'; readonly body: WebhookSettingsBody }
  | { readonly kind: 'list' }
  | { readonly kind: 'create'; readonly body: SubscriptionBody }
  | {
      readonly kind: 'switch';
      readonly body: { readonly inputs: readonly { readonly id: number; readonly active: boolean }[] };
    };
export type SubscriptionRequestKind = SubscriptionRequest['kind'];

/** Where a request goes, and what is sent. */
export function subscriptionCall(
  request: SubscriptionRequest,
  appId: number,
  versions: ApiVersions,
): { method: 'GET' | 'PUT' | 'POST'; path: string; body?: unknown } {
  const of = `${rootOf(versions.HUBSPOT_API_VERSIONS.webhooks ?? versions.HUBSPOT_API_VERSION)}/${appId}`;
  switch (request.kind) {
    case 'settings':
      return { method: 'GET', path: `${of}/settings` };
    case 'configure':
      return { method: 'PUT', path: `${of}/settings`, body: request.body };
    case 'list':
      return { method: 'GET', path: `${of}/subscriptions` };
    case 'create':
      return { method: 'POST', path: `${of}/subscriptions`, body: request.body };
    case 'switch':
      return { method: 'POST', path: `${of}/subscriptions/batch/update`, body: request.body };
  }
}

/** HubSpot has moved it from 2026-09 on. */
function rootOf(version: ApiVersions['HUBSPOT_API_VERSION']): string {
  switch (version) {
    case 'v4':
      return '/webhooks/v3';
    case '2026-03':
      return '/webhooks/2026-03';
    case '2026-09':
      return '/app-webhooks/2026-09';
  }
}
