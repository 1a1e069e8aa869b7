import type { MirroredRecord } from '../../domain/crm/mirroredRecord.js';
import type { Queryable } from '../pool.js';
import { columnsOf, mergesIn } from './pageColumns.js';
import type { SyncedObject, SyncReader } from './reader.js';

export interface MergesShown {
  /** Those that others were merged into. */
  readonly records: readonly MirroredRecord[];
  /** When the read began that showed them, by the database's clock. */
  readonly readAt: Date;
  readonly source: string;
}

/**
 * Tells of merges without anything else of the records that show them: they may be in the recycle bin by now. In a
 * transaction that holds the lock of portal and type. Returns how many the feed was told of.
 */
export async function tellMerges(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { records, readAt, source }: MergesShown,
): Promise<number> {
  const { survivors, losers } = mergesIn(records);
  const { rows } = await client.query<{ told: number }>({
    name: 'sync_tell_merges',
    text: 'SELECT sync_tell_merges($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS told',
    values: [workspaceId, portalId, objectType, readAt, source, survivors, losers, ...columnsOf(records)],
  });
  return rows[0]?.told ?? 0;
}

/** The same in a transaction of its own. Undefined: the reader has lost its place, and nothing was written. */
export async function mergeRecords(
  db: Queryable,
  reader: SyncReader,
  { records, readAt, source }: MergesShown,
): Promise<number | undefined> {
  const { survivors, losers } = mergesIn(records);
  const { rows } = await db.query<{ told: number | null }>({
    name: 'sync_merge_records',
    text: 'SELECT sync_merge_records($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS told',
    values: [
      ...[reader.workspaceId, reader.portalId, reader.objectType, reader.epoch, reader.fence, readAt, source],
      ...[survivors, losers, ...columnsOf(records)],
    ],
  });
  return rows[0]?.told ?? undefined;
}
