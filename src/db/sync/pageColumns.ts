import type { MirroredRecord } from '../../domain/crm/mirroredRecord.js';

/** A page in the form of the functions that write it: a list for each column. */
export const columnsOf = (records: readonly MirroredRecord[]) => [
  records.map(({ id }) => id),
  records.map(({ properties }) => properties),
  records.map(({ hash }) => hash),
  records.map(({ createdAt }) => createdAt),
  records.map(({ modifiedAt }) => modifiedAt),
];

/** The merges that a page shows: pair by pair the record that there is now, and one that was merged into it. */
export function mergesIn(records: readonly MirroredRecord[]) {
  const pairs = records.flatMap(({ id, mergedIds }) => mergedIds.map((loser) => ({ survivor: id, loser })));
  return { survivors: pairs.map(({ survivor }) => survivor), losers: pairs.map(({ loser }) => loser) };
}
