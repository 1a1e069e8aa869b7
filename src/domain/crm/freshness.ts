/*
 * What a write has made true, as a text that its caller brings along when they read: what is read then is no older. It
 * holds nothing secret, and whoever makes one up waits for nothing but their own records.
 */

/** A version of a record that somebody has seen. */
export interface FreshVersion {
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
  /** When HubSpot modified it, by its clock, in milliseconds since 1970; null where its answer did not say. */
  readonly modifiedMs: number | null;
  /** When we had its word, by the database's clock. */
  readonly answeredMs: number;
}

export function writeFreshness(version: FreshVersion): string {
  const { portalId, objectType, recordId, modifiedMs, answeredMs } = version;
  return ['1', portalId, objectType, recordId, modifiedMs ?? '-', answeredMs].join('.');
}
