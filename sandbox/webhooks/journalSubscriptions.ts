import { z } from 'zod';
import { JOURNAL_ACTIONS, type JournalEvent, type JournalSubject } from './journalEvents.js';

const portalId = z.int().positive();
const actions = z.array(z.enum(JOURNAL_ACTIONS)).min(1);
const objectTypeId = z.string().regex(/^\d+-\d+$/);
const ids = z.array(z.int().positive());
const names = z.array(z.string().min(1));

/** As HubSpot's description has them: each of these fields is required, and there are no others. */
export const journalSubscription = z.discriminatedUnion('subscriptionType', [
  z.strictObject({
    subscriptionType: z.literal('OBJECT'),
    ...{ portalId, objectTypeId, actions, objectIds: ids, properties: names },
  }),
  z.strictObject({
    subscriptionType: z.literal('ASSOCIATION'),
    ...{ portalId, objectTypeId, actions, objectIds: ids, associatedObjectTypeIds: z.array(objectTypeId) },
  }),
  z.strictObject({
    subscriptionType: z.literal('APP_LIFECYCLE_EVENT'),
    eventTypeId: z.enum(['4-1909196', '4-1916193']),
    properties: names,
  }),
  z.strictObject({ subscriptionType: z.literal('GDPR_PRIVACY_DELETION'), portalId, objectTypeId, actions }),
  z.strictObject({
    subscriptionType: z.literal('LIST_MEMBERSHIP'),
    ...{ portalId, actions, objectIds: ids, listIds: ids },
  }),
]);
export type JournalSubscriptionPlan = z.infer<typeof journalSubscription>;

const OPERATORS = [
  ...['EQ', 'N_EQ', 'LT', 'GT', 'LTE', 'GTE', 'CONTAINS', 'STARTS_WITH', 'ENDS_WITH'],
  ...['IN', 'NOT_IN', 'IS_EMPTY', 'IS_NOT_EMPTY'],
] as const;
export const journalFilter = z.strictObject({
  subscriptionId: z.int().positive(),
  filter: z.strictObject({
    conditions: z
      .array(
        z.strictObject({
          filterType: z.literal('CRM_OBJECT_PROPERTY'),
          operator: z.enum(OPERATORS),
          property: z.string().min(1),
          value: z.string().optional(),
          values: z.array(z.string()).optional(),
        }),
      )
      .min(1),
  }),
});
type Conditions = z.infer<typeof journalFilter>['filter']['conditions'];

export interface JournalSubscription {
  id: number;
  plan: JournalSubscriptionPlan;
  createdAt: string;
  updatedAt: string;
  filters: Map<number, { conditions: Conditions; createdAtMs: number }>;
}

const EVENT_OF = { APP_INSTALL: '4-1909196', APP_UNINSTALL: '4-1916193' } as const;

/** What makes a subscription another one. */
function keyOf(plan: JournalSubscriptionPlan): string {
  if (plan.subscriptionType === 'APP_LIFECYCLE_EVENT') return plan.eventTypeId;
  const type = 'objectTypeId' in plan ? plan.objectTypeId : 'lists';
  return `${plan.subscriptionType} ${plan.portalId} ${type}`;
}

/** The app's subscriptions, of all portals together. */
export class JournalSubscriptions {
  private readonly byId = new Map<number, JournalSubscription>();
  private nextId = 60_001_005;
  private nextFilterId = 501;

  constructor(
    private readonly appId: number,
    private readonly epochMs: () => number,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  list(): JournalSubscription[] {
    return [...this.byId.values()];
  }

  find(id: number): JournalSubscription | undefined {
    return this.byId.get(id);
  }

  /** One that is there is changed. Undefined: there are as many as there may be. */
  upsert(plan: JournalSubscriptionPlan, most: number): JournalSubscription | undefined {
    const now = new Date(this.epochMs()).toISOString();
    const known = this.list().find((one) => keyOf(one.plan) === keyOf(plan));
    if (known) {
      known.plan = plan;
      known.updatedAt = now;
      return known;
    }
    if (this.byId.size >= most) return undefined;
    const made = { id: this.nextId++, plan, createdAt: now, updatedAt: now, filters: new Map() };
    this.byId.set(made.id, made);
    return made;
  }

  remove(id: number): boolean {
    return this.byId.delete(id);
  }

  removeOf(portalId: number): void {
    for (const { id, plan } of this.list())
      if ('portalId' in plan && plan.portalId === portalId) this.byId.delete(id);
  }

  addFilter(subscription: JournalSubscription, conditions: Conditions): number {
    const id = this.nextFilterId++;
    subscription.filters.set(id, { conditions, createdAtMs: Math.floor(this.epochMs()) });
    return id;
  }

  filter(id: number) {
    for (const subscription of this.byId.values()) {
      const filter = subscription.filters.get(id);
      if (filter) return { subscription, filter };
    }
    return undefined;
  }

  show({ id, plan, createdAt, updatedAt }: JournalSubscription) {
    const { subscriptionType } = plan;
    const isLifecycle = subscriptionType === 'APP_LIFECYCLE_EVENT';
    const lifecycleAction =
      isLifecycle && plan.eventTypeId === EVENT_OF.APP_INSTALL ? 'APP_INSTALL' : 'APP_UNINSTALL';
    return {
      ...{ id, appId: this.appId, createdAt, updatedAt, subscriptionType },
      actions: isLifecycle ? [lifecycleAction] : plan.actions,
      // An event's type stands where an object's does.
      objectTypeId: isLifecycle ? plan.eventTypeId : 'objectTypeId' in plan ? plan.objectTypeId : '0-45',
      ...('portalId' in plan && { portalId: plan.portalId }),
      ...('properties' in plan && { properties: plan.properties }),
      ...('objectIds' in plan && { objectIds: plan.objectIds }),
      ...('associatedObjectTypeIds' in plan && { associatedObjectTypeIds: plan.associatedObjectTypeIds }),
      ...('listIds' in plan && { listIds: plan.listIds }),
    };
  }

  wants(subject: JournalSubject): boolean {
    return this.list().some(({ plan, filters }) => fits(plan, subject) && passes(filters, subject));
  }

  wantsLifecycle(action: keyof typeof EVENT_OF): boolean {
    return this.list().some(
      ({ plan }) => plan.subscriptionType === 'APP_LIFECYCLE_EVENT' && plan.eventTypeId === EVENT_OF[action],
    );
  }
}

const SUBSCRIPTION_OF: Partial<Record<JournalEvent['type'], string>> = {
  crmObject: 'OBJECT',
  association: 'ASSOCIATION',
  gdprPrivacyDeletion: 'GDPR_PRIVACY_DELETION',
};
const none = (list: readonly unknown[]) => list.length === 0;

/** An empty list names all. */
function fits(
  plan: JournalSubscriptionPlan,
  { event, objectType, objectId, other, property }: JournalSubject,
) {
  if (plan.subscriptionType !== SUBSCRIPTION_OF[event.type] || !('objectTypeId' in plan)) return false;
  if (plan.portalId !== event.portalId || plan.objectTypeId !== objectType.id) return false;
  if (!plan.actions.includes(event.action)) return false;
  if ('objectIds' in plan && !none(plan.objectIds) && !plan.objectIds.includes(objectId)) return false;
  if (plan.subscriptionType === 'ASSOCIATION')
    return none(plan.associatedObjectTypeIds) || plan.associatedObjectTypeIds.includes(other?.id ?? '');
  if (plan.subscriptionType !== 'OBJECT' || property === undefined) return true;
  return none(plan.properties) || plan.properties.includes(property);
}

/** Conditions of a filter hold together, filters one for another; they are about values that change. */
function passes(filters: JournalSubscription['filters'], { event }: JournalSubject): boolean {
  if (filters.size === 0 || event.action !== 'UPDATE') return true;
  const changes = event['propertyChanges'] as Readonly<Record<string, string>>;
  return [...filters.values()].some(({ conditions }) =>
    conditions.every((one) => one.property in changes && holds(one, changes[one.property] ?? '')),
  );
}

function holds({ operator, value = '', values = [] }: Conditions[number], is: string): boolean {
  switch (operator) {
    case 'EQ':
      return is === value;
    case 'N_EQ':
      return is !== value;
    case 'LT':
      return Number(is) < Number(value);
    case 'GT':
      return Number(is) > Number(value);
    case 'LTE':
      return Number(is) <= Number(value);
    case 'GTE':
      return Number(is) >= Number(value);
    case 'CONTAINS':
      return is.includes(value);
    case 'STARTS_WITH':
      return is.startsWith(value);
    case 'ENDS_WITH':
      return is.endsWith(value);
    case 'IN':
      return values.includes(is);
    case 'NOT_IN':
      return !values.includes(is);
    case 'IS_EMPTY':
      return is === '';
    case 'IS_NOT_EMPTY':
      return is !== '';
  }
}
