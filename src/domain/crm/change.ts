/** What happened to a record of HubSpot's. */
export const CHANGE_ACTIONS = [
  'Created',
  'Updated',
  'Deleted',
  'Restored',
  'Erased',
  'Merged',
  'Associated',
  'Dissociated',
] as const;
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];

/** The value before and after; null: it had none. */
export type ChangedValue = readonly [before: string | null, after: string | null];

/** The other end of an association that was made or removed, and its type as seen from the record that changed. */
export interface ChangedAssociation {
  readonly toType: string;
  readonly toId: string;
  readonly category: string;
  readonly typeId: number;
  readonly label: string | null;
}
