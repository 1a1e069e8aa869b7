/**
 * What becomes of an event for a person whom HubSpot has already, under another key. `adopt`: the record gets our key
 * where it has none. `wait`: nothing is written, and people say whose it is.
 */
export const FOUND_BY_ANOTHER_KEY = ['adopt', 'wait'] as const;
export type FoundByAnotherKey = (typeof FOUND_BY_ANOTHER_KEY)[number];
