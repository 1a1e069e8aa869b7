/*
 * The subscriptions of an app, as a project of HubSpot's developer platform declares them (docs/hubspot.md#webhooks):
 * made from what is mirrored, so that webhooks tell of it and of nothing else.
 */

/** A type that is mirrored, with the properties that are kept. */
export interface SubscribedType {
  readonly objectType: string;
  readonly properties: readonly string[];
}

interface Subscription {
  readonly subscriptionType: string;
  readonly objectType?: string;
  readonly propertyName?: string;
  readonly active: true;
}

export interface WebhookProject {
  readonly uid: string;
  readonly type: 'webhooks';
  readonly config: {
    readonly settings: { readonly targetUrl: string; readonly maxConcurrentRequests: number };
    readonly subscriptions: {
      readonly crmObjects: readonly Subscription[];
      readonly hubEvents: readonly Subscription[];
    };
  };
}

/** HubSpot takes no more of an app. */
const MOST_SUBSCRIPTIONS = 1000;
/** What comes to a record, whatever its properties. */
const EVENTS = ['creation', 'deletion', 'merge', 'restore', 'associationChange'];
const SINGULAR: ReadonlyMap<string, string> = new Map([
  ['contacts', 'contact'],
  ['companies', 'company'],
  ['deals', 'deal'],
  ['tickets', 'ticket'],
]);

/**
 * `left`: so many properties had no place any more. Properties of all types take turns, so that none has them all; what
 * is left is found by polling, as before.
 */
export function webhookProject(
  settings: WebhookProject['config']['settings'],
  types: readonly SubscribedType[],
): { readonly file: WebhookProject; readonly left: number } {
  const named = types.map(({ objectType, properties }) => ({
    name: SINGULAR.get(objectType) ?? objectType,
    properties: [...properties].sort(),
  }));
  const hubEvents: Subscription[] = named.some(({ name }) => name === 'contact')
    ? [{ subscriptionType: 'contact.privacyDeletion', active: true }]
    : [];
  const always = named.flatMap(({ name }) =>
    EVENTS.map((event): Subscription => ({
      ...{ subscriptionType: `object.${event}`, objectType: name, active: true },
    })),
  );
  const most = Math.max(0, ...named.map(({ properties }) => properties.length));
  const inTurn = Array.from({ length: most }, (_, n) =>
    named.flatMap(({ name, properties }): Subscription[] => {
      const propertyName = properties[n];
      if (propertyName === undefined) return [];
      return [{ subscriptionType: 'object.propertyChange', objectType: name, propertyName, active: true }];
    }),
  ).flat();
  const room = Math.max(0, MOST_SUBSCRIPTIONS - hubEvents.length - always.length);
  return {
    file: {
      ...{ uid: 'sluice_webhooks', type: 'webhooks' },
      config: {
        settings,
        subscriptions: { crmObjects: [...always, ...inTurn.slice(0, room)], hubEvents },
      },
    },
    left: Math.max(0, inTurn.length - room),
  };
}
