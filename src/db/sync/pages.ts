import type { MirroredRecord } from '../../domain/crm/mirroredRecord.js';
import type { SyncCursor } from '../../domain/sync/cursor.js';
import type { Queryable } from '../pool.js';
import { mergesIn } from './pageColumns.js';
import { LEASE_MS, type SyncReader } from './reader.js';

export interface RecordsPage {
  readonly records: readonly MirroredRecord[];
  /** When the read began, by the database's clock. */
  readonly readAt: Date;
  /** What made us read it. */
  readonly source: string;
  /** Of the first load: consumers of the feed may leave it out. */
  readonly initial: boolean;
  /** How far the reader is with this page. */
  readonly cursor: SyncCursor;
}

export interface PageWritten {
  readonly created: number;
  readonly updated: number;
  readonly restored: number;
  /** Stored with a newer time of HubSpot's, and without a change that anybody is told of. */
  readonly stored: number;
  /** Merges that the feed was told of. */
  readonly merged: number;
}

/**
 * Writes a page with its changes and the reader's cursor, all or nothing. Undefined: the reader has lost its place, and
 * nothing was written. The function names the workspace itself: one statement, one way to the database and back.
 */
export async function writePage(
  db: Queryable,
  reader: SyncReader,
  { records, readAt, source, initial, cursor }: RecordsPage,
): Promise<PageWritten | undefined> {
  const values = [
    ...[reader.workspaceId, reader.portalId, reader.objectType, reader.epoch, reader.fence],
    ...[JSON.stringify(cursor), LEASE_MS, initial, readAt, source],
    records.map(({ id }) => id),
    // JSON holds no line breaks of its own.
    records.map(({ properties }) => properties).join('\n'),
    records.map(({ hash }) => hash),
    records.map(({ createdAt }) => createdAt),
    records.map(({ modifiedAt }) => modifiedAt),
  ];
  const { survivors, losers } = mergesIn(records);
  if (survivors.length === 0) {
    const { rows } = await db.query<Omit<PageWritten, 'merged'>>({
      name: 'sync_write_page',
      text: 'SELECT * FROM sync_write_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)',
      values,
    });
    return rows[0] && { ...rows[0], merged: 0 };
  }
  const { rows } = await db.query<PageWritten>({
    name: 'sync_write_merges',
    text: 'SELECT * FROM sync_write_merges($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)',
    values: [...values, survivors, losers],
  });
  return rows[0];
}
