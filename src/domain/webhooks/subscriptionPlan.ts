import { typeIdOf, typeOfId } from './webhookEvent.js';
import type { WebhookProject } from './webhookProject.js';

/*
 * What differs between the subscriptions that an app is to have (webhookProject.ts) and those that HubSpot has of it,
 * where they are made by its API.
 */

/** What a subscription is to, as HubSpot's API has it. */
export interface SubscribedTo {
  readonly eventType: string;
  /** Of `object.*` alone. */
  readonly objectTypeId?: string | undefined;
  readonly propertyName?: string | undefined;
}

export interface SubscriptionThere extends SubscribedTo {
  readonly id: number;
  readonly active: boolean;
}

export interface WebhookSettings {
  readonly targetUrl: string;
  readonly maxConcurrentRequests: number;
}

export interface SubscriptionsThere {
  /** Null: the app has none. */
  readonly settings: WebhookSettings | null;
  readonly subscriptions: readonly SubscriptionThere[];
}

export interface SubscriptionsWanted {
  readonly settings: WebhookSettings;
  readonly subscriptions: readonly SubscribedTo[];
}

export interface SubscriptionPlan {
  /** Undefined: they are as they are to be. */
  readonly configure: WebhookSettings | undefined;
  readonly create: readonly SubscribedTo[];
  readonly activate: readonly SubscriptionThere[];
  /** Those that are active, and that this workspace has no use for. */
  readonly pause: readonly SubscriptionThere[];
}

const SINGULAR: ReadonlyMap<string, string> = new Map([
  ['contacts', 'contact'],
  ['companies', 'company'],
  ['deals', 'deal'],
  ['tickets', 'ticket'],
]);
const NAMED: ReadonlySet<string> = new Set(SINGULAR.values());

/** Types that have names of their own are named by them, as every version of the API knows them. */
export function subscriptionsWanted({ config }: WebhookProject): SubscriptionsWanted {
  const { crmObjects, hubEvents } = config.subscriptions;
  const subscriptions = [...hubEvents, ...crmObjects].map(
    ({ subscriptionType, objectType = '', propertyName }): SubscribedTo => {
      const event = subscriptionType.slice(subscriptionType.indexOf('.') + 1);
      const about = propertyName === undefined ? {} : { propertyName };
      if (!subscriptionType.startsWith('object.')) return { eventType: subscriptionType, ...about };
      return NAMED.has(objectType)
        ? { eventType: `${objectType}.${event}`, ...about }
        : { eventType: `object.${event}`, objectTypeId: typeIdOf(objectType), ...about };
    },
  );
  return { settings: config.settings, subscriptions };
}

export function planSubscriptions(wanted: SubscriptionsWanted, there: SubscriptionsThere): SubscriptionPlan {
  const known = new Map<string, SubscriptionThere>();
  for (const one of there.subscriptions) {
    // Of several to the same, one that is active is enough.
    const key = keyOf(one);
    if (one.active || !known.has(key)) known.set(key, one);
  }
  const keys = new Set(wanted.subscriptions.map(keyOf));
  const { settings } = there;
  const isConfigured =
    settings?.targetUrl === wanted.settings.targetUrl &&
    settings.maxConcurrentRequests === wanted.settings.maxConcurrentRequests;
  return {
    configure: isConfigured ? undefined : wanted.settings,
    create: wanted.subscriptions.filter((one) => !known.has(keyOf(one))),
    activate: wanted.subscriptions.flatMap((one) => {
      const found = known.get(keyOf(one));
      return found && !found.active ? [found] : [];
    }),
    pause: there.subscriptions.filter((one) => one.active && !keys.has(keyOf(one))),
  };
}

/** `object.creation` of contacts is `contact.creation`. */
function keyOf({ eventType, objectTypeId, propertyName = '' }: SubscribedTo): string {
  const type = typeOfId(objectTypeId);
  const named = type === undefined ? undefined : SINGULAR.get(type);
  const event =
    eventType.startsWith('object.') && named ? named + eventType.slice('object'.length) : eventType;
  return [event, event.startsWith('object.') ? objectTypeId : '', propertyName].join('\n');
}
