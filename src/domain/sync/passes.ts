/**
 * What reads a mirrored type beside its load and its follow, each on a schedule of its own (`sluice-sync-<pass>`).
 * A new one is due at once for what is mirrored already (migrations).
 */
export const PASSES = [
  'settled',
  'archived',
  'properties',
  'calculated',
  'associations',
  'audit',
  'webhooks',
  'aside',
] as const;
export type PassName = (typeof PASSES)[number];

const HOUR_MS = 3_600_000;

/** A pass that has nothing to do in a mirror that was loaded a moment ago begins so long after its start. */
export const FIRST_AFTER_MS: Readonly<Partial<Record<PassName, number>>> = {
  settled: HOUR_MS,
  aside: HOUR_MS,
  audit: 7 * 24 * HOUR_MS,
};
