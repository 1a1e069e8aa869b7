import { z } from 'zod';
import type { WebhookEvent } from './events.js';

/*
 * What the webhooks API has of the app: where its events go, and what it has subscribed to (docs/hubspot.md#webhooks).
 */

const CRM = ['creation', 'deletion', 'merge', 'propertyChange', 'restore', 'associationChange'];
const WITHOUT_ASSOCIATIONS = CRM.filter((event) => event !== 'associationChange');
/** As HubSpot's description has them. */
const EVENTS: Readonly<Record<string, readonly string[]>> = {
  ...{ company: CRM, contact: [...CRM, 'privacyDeletion'], deal: CRM, ticket: CRM },
  ...{ line_item: CRM, object: CRM, product: WITHOUT_ASSOCIATIONS, event: ['completed'] },
  conversation: ['creation', 'deletion', 'newMessage', 'privacyDeletion', 'propertyChange'],
};
export const SUBSCRIBED_EVENTS = Object.entries(EVENTS).flatMap(([of, events]) =>
  events.map((event) => `${of}.${event}`),
);

const isTarget = (text: string) => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  // HubSpot takes https alone; what is tried on this machine has no certificate.
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname));
};

export const settingsBody = z.strictObject({
  targetUrl: z.string().refine(isTarget, 'targetUrl must be a https address'),
  throttling: z.looseObject({
    maxConcurrentRequests: z.int().min(6, 'maxConcurrentRequests must be more than 5'),
  }),
});

export const subscriptionBody = z
  .strictObject({
    active: z.boolean(),
    eventType: z.string().refine((type) => SUBSCRIBED_EVENTS.includes(type), 'eventType is none of HubSpot'),
    ...{ eventTypeName: z.string().optional(), objectTypeId: z.string().optional() },
    propertyName: z.string().min(1).optional(),
  })
  .refine(
    ({ eventType, propertyName }) => eventType.endsWith('.propertyChange') === (propertyName !== undefined),
    'propertyName is of subscriptions to propertyChange, and each of them has one',
  )
  .refine(
    ({ eventType, objectTypeId }) => eventType.startsWith('object.') === (objectTypeId !== undefined),
    'objectTypeId is of subscriptions to object, and each of them has one',
  );

type Plan = z.infer<typeof subscriptionBody>;
type Target = z.infer<typeof settingsBody>;

interface Subscription {
  readonly id: number;
  readonly plan: Plan;
  active: boolean;
  readonly createdAt: string;
  updatedAt: string;
}

export class AppSubscriptions {
  private readonly byId = new Map<number, Subscription>();
  private nextId = 3_441_001;
  private set: (Target & { createdAt: string; updatedAt: string }) | undefined;

  constructor(
    private readonly epochMs: () => number,
    /** Settings or subscriptions are others than before. */
    private readonly onChange: () => void,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  settings(): typeof this.set {
    return this.set;
  }

  configure(to: Target | undefined): void {
    this.set = to && { ...to, createdAt: this.set?.createdAt ?? this.now(), updatedAt: this.now() };
    this.onChange();
  }

  list(): Subscription[] {
    return [...this.byId.values()];
  }

  find(id: number): Subscription | undefined {
    return this.byId.get(id);
  }

  isDouble(plan: Plan): boolean {
    return this.list().some((one) => keyOf(one.plan) === keyOf(plan));
  }

  create(plan: Plan): Subscription {
    const [now, id] = [this.now(), this.nextId++];
    const made = { id, plan, active: plan.active, createdAt: now, updatedAt: now };
    this.byId.set(id, made);
    this.onChange();
    return made;
  }

  switch(one: Subscription, active: boolean): void {
    one.active = active;
    one.updatedAt = this.now();
    this.onChange();
  }

  remove(id: number): boolean {
    const was = this.byId.delete(id);
    this.onChange();
    return was;
  }

  /** The types of events that are told, and whether one of them is. */
  told(): { types: string[]; wants: (event: WebhookEvent) => boolean } {
    const active = new Set(this.list().flatMap((one) => (one.active ? [keyOf(one.plan)] : [])));
    const types = this.list().flatMap(({ active: isOn, plan }) => (isOn ? [plan.eventType] : []));
    return {
      types: [...new Set(types)],
      wants: ({ subscriptionType: eventType, objectTypeId, fromObjectTypeId, propertyName }) =>
        active.has(keyOf({ eventType, objectTypeId: objectTypeId ?? fromObjectTypeId, propertyName })),
    };
  }

  private now(): string {
    return new Date(this.epochMs()).toISOString();
  }
}

export function shownSubscription({ id, plan, active, createdAt, updatedAt }: Subscription) {
  return { ...plan, id: String(id), active, createdAt, updatedAt };
}

function keyOf(of: { eventType: string; objectTypeId?: unknown; propertyName?: unknown }): string {
  const type = of.eventType.startsWith('object.') ? of.objectTypeId : '';
  return [of.eventType, type, of.propertyName ?? ''].join('\n');
}
