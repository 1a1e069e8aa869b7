/**
 * What reads a mirrored type beside its load and its follow, each on a schedule of its own (`sluice-sync-<pass>`).
 * A new one is due at once for what is mirrored already (migrations).
 */
export const PASSES = ['settled', 'properties', 'calculated', 'associations'] as const;
export type PassName = (typeof PASSES)[number];
