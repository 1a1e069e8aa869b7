/** What happened to a record of HubSpot's. */
export const CHANGE_ACTIONS = ['Created', 'Updated', 'Deleted', 'Restored'] as const;
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];

/** The value before and after; null: it had none. */
export type ChangedValue = readonly [before: string | null, after: string | null];
