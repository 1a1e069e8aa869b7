import type { ArchivedRecord } from '../../../db/sync/deletes.js';
import { mergedInto, type SeenRecord } from '../../../domain/crm/mirroredRecord.js';
import type { BinnedRecord, HubSpotRecords } from '../hubspotRecords.js';
import { fewAtATime } from '../readAlone.js';
import { isFound } from '../readRecords.js';

/** What HubSpot was found to have of records that a read of their ids has left out. Absence alone is no answer. */
export interface BecameOf {
  /** Those that are there all the same, and what others were merged into. */
  readonly seen: readonly SeenRecord[];
  /** In the recycle bin, and not merged into another one. */
  readonly archived: readonly ArchivedRecord[];
  /** Of those the ones that others were merged into before. */
  readonly binnedSurvivors: readonly SeenRecord[];
  /** HubSpot has them neither live nor in the recycle bin, and says so of each alone. */
  readonly vanished: readonly string[];
  /** Not asked for alone, for want of room for errors: nothing is known of them. */
  readonly left: readonly string[];
}

export const NOTHING_BECAME: BecameOf = {
  ...{ seen: [], archived: [], binnedSurvivors: [], vanished: [], left: [] },
};

const BATCH = 100;

/**
 * Asks HubSpot for records that a batch read has left out. Those that the recycle bin has were deleted, or
 * merged: HubSpot says that the old id of a merged record is found when it alone is asked for (docs/hubspot.md). A
 * survivor is modified by its merge, so the mirror knows the merges of before `settledUntil`, up to when it has what
 * the searches show: of what was deleted before it none is asked for alone. Of what was deleted since each answer is
 * an error where it was no merge, and HubSpot counts those: where they are more than there is room for, nothing is said
 * of them. A round over the recycle bin has them when they are older. Of those that are not in the bin either so many
 * are asked for as there is room for, and the others are left. Nor is anything said of one that HubSpot refuses to
 * show.
 */
export async function whatBecameOf(
  hubspot: HubSpotRecords,
  ids: readonly string[],
  {
    properties,
    settledUntil,
    readAt,
    room,
    roomForAbsent = room,
  }: {
    readonly properties: readonly string[];
    readonly settledUntil?: Date | undefined;
    readonly readAt: Date;
    /** So many requests may be errors (domain/hubspot/errorShare.ts). */
    readonly room: number;
    /** And so many those about records that are not in the bin. Absent: what of `room` is left. */
    readonly roomForAbsent?: number;
  },
): Promise<BecameOf> {
  if (ids.length === 0) return NOTHING_BECAME;
  const inBin = new Map<string, BinnedRecord>();
  for (let at = 0; at < ids.length; at += BATCH)
    for (const one of await hubspot.readBin(ids.slice(at, at + BATCH), properties)) inBin.set(one.id, one);
  const intoThose = new Set([...inBin.values()].flatMap((one) => mergedInto(one)));
  const isSettled = (id: string) => {
    const archivedAt = inBin.get(id)?.archivedAt;
    return archivedAt !== undefined && settledUntil !== undefined && archivedAt <= settledUntil;
  };
  const all = [...new Set([...ids, ...inBin.keys()])].filter((id) => !intoThose.has(id));
  const young = all.filter((id) => !isSettled(id) && inBin.has(id));
  const absent = all.filter((id) => !inBin.has(id));
  const taken = young.length > room ? 0 : young.length;
  const left = new Set([
    ...(young.length > room ? young : []),
    ...absent.slice(Math.max(0, roomForAbsent - taken)),
  ]);
  const open = await fewAtATime(
    all.filter((id) => !isSettled(id) && !left.has(id)),
    (id) => hubspot.readOne(id, properties),
  );
  const seen = open.flatMap(({ found }) => (isFound(found) ? [found] : []));
  const gone = [
    ...all.filter((id) => isSettled(id)),
    ...open.filter(({ found }) => found === undefined).map(({ id }) => id),
  ];
  const binned = gone.flatMap((id) => inBin.get(id) ?? []);
  return {
    seen,
    archived: binned.map((one) => archivedRecord(one, readAt)),
    binnedSurvivors: binned.filter((one) => mergedInto(one).length > 0),
    vanished: gone.filter((id) => !inBin.has(id)),
    left: [...left],
  };
}

const archivedRecord = ({ id, archivedAt }: BinnedRecord, readAt: Date): ArchivedRecord => ({
  id,
  archivedAt: archivedAt ?? readAt,
});
