import type { ChangeSource, CrmChange, LinkChange } from '../crm/crmChange.js';
import type { ObjectType } from '../crm/objectTypes.js';

/** Without the number of the attempt, which each request has for itself. */
export interface WebhookEvent {
  subscriptionType: string;
  portalId: number;
  [field: string]: unknown;
}

/** Types whose subscriptions have their own name. */
const NAMED = new Set(['contact', 'company', 'deal', 'ticket']);
const FIRST_EVENT_ID = 100;
const FIRST_SUBSCRIPTION_ID = 7_562_001;
const CHANGE_FLAGS: Readonly<Record<string, string>> = { creation: 'CREATED', deletion: 'DELETED' };

/** Writes changes as HubSpot tells of them (docs/hubspot.md#webhooks). */
export class EventWriter {
  private readonly lastIds = new Map<number, number>();
  private readonly subscriptionIds = new Map<string, number>();

  constructor(
    private readonly appId: number,
    private readonly epochMs: () => number,
  ) {}

  /** Undefined if there is no such event, or nobody has subscribed to it. */
  write(
    portalId: number,
    change: CrmChange,
    by: ChangeSource,
    subscriptions: ReadonlySet<string>,
  ): WebhookEvent | undefined {
    const subscriptionType = typeOf(change);
    if (!subscriptions.has(subscriptionType)) return undefined;
    const about = fieldsOf(change);
    return {
      eventId: this.nextId(portalId),
      subscriptionId: this.subscriptionOf(subscriptionType, about),
      ...{ portalId, appId: this.appId, occurredAt: Math.floor(this.epochMs()) },
      subscriptionType,
      ...by,
      ...about,
    };
  }

  /** Each portal has its own, so that the same one names events of several. */
  private nextId(portalId: number): number {
    const id = (this.lastIds.get(portalId) ?? FIRST_EVENT_ID - 1) + 1;
    this.lastIds.set(portalId, id);
    return id;
  }

  /** A subscription is to one type of events, one type of objects and one property. */
  private subscriptionOf(subscriptionType: string, { objectTypeId, propertyName }: Fields): number {
    const key = [subscriptionType, objectTypeId, propertyName].join('\n');
    const id = this.subscriptionIds.get(key) ?? FIRST_SUBSCRIPTION_ID + this.subscriptionIds.size;
    this.subscriptionIds.set(key, id);
    return id;
  }
}

interface Fields {
  objectTypeId?: string;
  propertyName?: string;
  [field: string]: unknown;
}

function typeOf(change: CrmChange): string {
  const type = change.kind === 'associationChange' ? change.from : change.type;
  const isNamed = change.kind === 'associationChange' ? isBetweenNamed(change) : NAMED.has(type.singular);
  return `${isNamed ? type.singular : 'object'}.${change.kind}`;
}

const isBetweenNamed = ({ from, to }: LinkChange) => NAMED.has(from.singular) && NAMED.has(to.singular);

function fieldsOf(change: CrmChange): Fields {
  switch (change.kind) {
    case 'merge':
      return {
        ...objectTypeOf(change.type),
        primaryObjectId: change.primaryId,
        mergedObjectIds: change.mergedIds,
        newObjectId: change.newId,
        numberOfPropertiesMoved: change.propertiesMoved,
      };
    case 'associationChange':
      return {
        ...kindOfLink(change),
        fromObjectId: change.id,
        toObjectId: change.other,
        associationRemoved: change.isRemoved,
        isPrimaryAssociation: change.isPrimary,
      };
    case 'propertyChange':
      return {
        objectId: change.id,
        ...objectTypeOf(change.type),
        propertyName: change.name,
        propertyValue: change.value,
        isSensitive: false,
      };
    default: {
      const changeFlag = CHANGE_FLAGS[change.kind];
      return { objectId: change.id, ...objectTypeOf(change.type), ...(changeFlag && { changeFlag }) };
    }
  }
}

const objectTypeOf = ({ id, singular }: ObjectType) => (NAMED.has(singular) ? {} : { objectTypeId: id });

function kindOfLink(change: LinkChange): Fields {
  const { from, to } = change;
  if (!isBetweenNamed(change)) return { fromObjectTypeId: from.id, toObjectTypeId: to.id };
  return { associationType: `${from.singular}_TO_${to.singular}`.toUpperCase() };
}
