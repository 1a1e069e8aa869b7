import type { ObjectType } from './objectTypes.js';

/** What becomes of a record or an association in a portal's CRM. */
export type CrmChange =
  | { kind: 'creation' | 'deletion' | 'restore' | 'privacyDeletion'; type: ObjectType; id: number }
  | { kind: 'propertyChange'; type: ObjectType; id: number; name: string; value: string }
  | Merge
  | LinkChange;

interface Merge {
  kind: 'merge';
  type: ObjectType;
  primaryId: number;
  mergedIds: readonly number[];
  newId: number;
  /** So many values are the other one's. */
  propertiesMoved: number;
}

/** An association as seen from one of its sides. */
export interface LinkChange {
  kind: 'associationChange';
  from: ObjectType;
  id: number;
  to: ObjectType;
  other: number;
  isRemoved: boolean;
  isPrimary: boolean;
}

/** Who makes a change, in HubSpot's words. */
export interface ChangeSource {
  changeSource: string;
  sourceId: string;
}

export type Tell<Change = CrmChange> = (change: Change) => void;

const USER_ID = 61_480_001;
export const BY_PEOPLE: ChangeSource = { changeSource: 'CRM_UI', sourceId: `userId:${USER_ID}` };
export const BY_IMPORT: ChangeSource = { changeSource: 'IMPORT', sourceId: '1' };
export const byApp = (appId: number): ChangeSource => ({
  changeSource: 'INTEGRATION',
  sourceId: String(appId),
});
