/**
 * What can be switched on and off for each portal. `events`: the outbox, with its custom events where the account can
 * have them. `sync` asks for the records alone, which was all that the outbox asked for once.
 */
export const FEATURES = ['throttle', 'sync', 'events'] as const;
export type Feature = (typeof FEATURES)[number];
