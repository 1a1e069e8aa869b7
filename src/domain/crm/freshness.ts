/*
 * What a write has made true, as a text that its caller brings along when they read: what is read then is no older. It
 * holds nothing secret, and whoever makes one up waits for nothing but their own records.
 */

/** A version of a record that somebody has been told of. */
export interface FreshVersion {
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
  /** When HubSpot modified it, by its clock, in milliseconds since 1970; null where its answer did not say. */
  readonly modifiedMs: number | null;
  /** When we had its word, by the database's clock. */
  readonly answeredMs: number;
  /** It was deleted. */
  readonly isGone: boolean;
}

const FORM = /^([12])\.([1-9]\d{0,14})\.([a-z]{1,40}|2-\d{1,15})\.([1-9]\d{0,18})\.(\d{1,15}|-)\.(\d{1,15})$/;

export function writeFreshness(version: FreshVersion): string {
  const { portalId, objectType, recordId, modifiedMs, answeredMs, isGone } = version;
  return [isGone ? '2' : '1', portalId, objectType, recordId, modifiedMs ?? '-', answeredMs].join('.');
}

/** Undefined: it is none of ours. */
export function readFreshness(text: string): FreshVersion | undefined {
  const [, kind, portalId, objectType, recordId, modifiedMs, answeredMs] = FORM.exec(text) ?? [];
  if (objectType === undefined || recordId === undefined || BigInt(recordId) >= 2n ** 63n) return undefined;
  return {
    ...{ portalId: Number(portalId), objectType, recordId, answeredMs: Number(answeredMs) },
    ...{ modifiedMs: modifiedMs === '-' ? null : Number(modifiedMs), isGone: kind === '2' },
  };
}

/** Whether what the mirror has of the record is that version, or a later one. */
export function isAsFresh(
  { modifiedMs, answeredMs, isGone }: FreshVersion,
  mirrored: { readonly modifiedAt: Date; readonly readAt: Date; readonly isArchived: boolean } | undefined,
): boolean {
  if (isGone && (!mirrored || mirrored.isArchived)) return true;
  if (!mirrored) return false;
  // A read that began when we had HubSpot's word has seen it, whatever the record says of its time.
  if (mirrored.readAt.getTime() >= answeredMs) return true;
  return modifiedMs !== null && mirrored.modifiedAt.getTime() >= modifiedMs;
}
