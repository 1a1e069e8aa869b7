import type { Queryable } from '../../../db/pool.js';
import { deleteRecords, tellDeletes } from '../../../db/sync/deletes.js';
import { mergeRecords, tellMerges } from '../../../db/sync/merges.js';
import type { SyncedObject } from '../../../db/sync/reader.js';
import { mirrored } from '../../../domain/crm/mirroredRecord.js';
import { PlaceLost, type SyncContext } from '../syncContext.js';
import type { BecameOf } from './whatBecameOf.js';

interface Read {
  readonly readAt: Date;
  readonly source: string;
}

/** Merges first: what went into a record that is in the recycle bin is there with it. Rejects with PlaceLost. */
export async function writeGone(
  { reader, transact }: Pick<SyncContext, 'reader' | 'transact'>,
  { archived, binnedSurvivors }: BecameOf,
  read: Read,
): Promise<void> {
  const records = binnedSurvivors.map(mirrored);
  if (
    records.length > 0 &&
    (await transact((client) => mergeRecords(client, reader, { records, ...read }))) === undefined
  )
    throw new PlaceLost('The place was taken');
  if (archived.length === 0) return;
  if (!(await transact((client) => deleteRecords(client, reader, { archived, ...read }))))
    throw new PlaceLost('The place was taken');
}

/** The same in the transaction of a pass. Returns how many records that changed. */
export async function writeGoneInPass(
  client: Queryable,
  object: SyncedObject,
  { archived, binnedSurvivors }: BecameOf,
  { isRound = false, ...read }: Read & { readonly isRound?: boolean },
): Promise<number> {
  const records = binnedSurvivors.map(mirrored);
  const merged = records.length > 0 ? await tellMerges(client, object, { records, ...read }) : 0;
  if (archived.length === 0) return merged;
  const { deleted } = await tellDeletes(client, object, { archived, ...read }, { isRound });
  return merged + deleted;
}
