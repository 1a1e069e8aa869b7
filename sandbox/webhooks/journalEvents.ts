import type { CrmChange } from '../crm/crmChange.js';
import type { ObjectType } from '../crm/objectTypes.js';

/** An event as it stands in a file of the webhooks journal (docs/hubspot.md#webhooks). */
export interface JournalEvent {
  type: 'crmObject' | 'association' | 'app_lifecycle_event' | 'gdprPrivacyDeletion';
  portalId: number;
  action: JournalAction;
  occurredAt: string;
  [field: string]: unknown;
}

export const JOURNAL_ACTIONS = [
  'CREATE',
  'UPDATE',
  'DELETE',
  'MERGE',
  'RESTORE',
  'ASSOCIATION_ADDED',
  'ASSOCIATION_REMOVED',
  'SNAPSHOT',
  'APP_INSTALL',
  'APP_UNINSTALL',
  'ADDED_TO_LIST',
  'REMOVED_FROM_LIST',
  'GDPR_DELETE',
] as const;
export type JournalAction = (typeof JOURNAL_ACTIONS)[number];

/** What a change is about, as subscriptions name it. */
export interface JournalSubject {
  event: JournalEvent;
  objectType: ObjectType;
  objectId: number;
  /** The other side of an association. */
  other?: ObjectType;
  property?: string;
}

const ACTIONS = {
  creation: 'CREATE',
  deletion: 'DELETE',
  restore: 'RESTORE',
  propertyChange: 'UPDATE',
  merge: 'MERGE',
  privacyDeletion: 'GDPR_DELETE',
} as const;

export function journalEventOf(portalId: number, change: CrmChange, occurredAt: string): JournalSubject {
  if (change.kind === 'associationChange') {
    const { from, id, to, other, isRemoved, isPrimary } = change;
    const event: JournalEvent = {
      ...{ type: 'association', portalId, occurredAt },
      action: isRemoved ? 'ASSOCIATION_REMOVED' : 'ASSOCIATION_ADDED',
      ...{ fromObjectTypeId: from.id, fromObjectId: id, toObjectTypeId: to.id, toObjectId: other, isPrimary },
    };
    return { event, objectType: from, objectId: id, other: to };
  }
  const { type: objectType, kind } = change;
  const objectId = kind === 'merge' ? change.newId : change.id;
  const event: JournalEvent = {
    type: kind === 'privacyDeletion' ? 'gdprPrivacyDeletion' : 'crmObject',
    ...{ portalId, occurredAt, action: ACTIONS[kind], objectTypeId: objectType.id, objectId },
    ...(kind === 'propertyChange' && { propertyChanges: { [change.name]: change.value } }),
    ...(kind === 'merge' && {
      primaryObjectId: change.primaryId,
      mergedObjectIds: change.mergedIds,
      newObjectId: change.newId,
    }),
  };
  return {
    ...{ event, objectType, objectId },
    ...(kind === 'propertyChange' && { property: change.name }),
  };
}
