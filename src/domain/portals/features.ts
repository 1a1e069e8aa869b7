/** What can be switched on and off for each portal. */
export const FEATURES = ['throttle', 'sync'] as const;
export type Feature = (typeof FEATURES)[number];
