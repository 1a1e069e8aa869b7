import type { Queryable } from '../pool.js';
import type { SyncedObject, SyncReader } from './reader.js';

/** A record in HubSpot's recycle bin, and since when, by HubSpot's clock. */
export interface ArchivedRecord {
  readonly id: string;
  readonly archivedAt: Date;
}

export interface FoundInBin {
  readonly archived: readonly ArchivedRecord[];
  /** When the read began that showed them there, by the database's clock. */
  readonly readAt: Date;
  /** What made us read it. */
  readonly source: string;
}

export interface DeletesTold {
  readonly deleted: number;
  /** They wait for a person's word: too many for an hour. */
  readonly held: number;
}

/**
 * Takes what is in the recycle bin out of the live records, and tells the feed, as far as the bound for an hour allows.
 * In a transaction that holds the lock of portal and type; `held` were found to wait before in the same pass.
 */
export async function tellDeletes(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { archived, readAt, source }: FoundInBin,
  held: number,
): Promise<DeletesTold> {
  const { rows } = await client.query<DeletesTold>({
    name: 'sync_tell_deletes',
    text: 'SELECT * FROM sync_tell_deletes($1, $2, $3, $4, $5, $6, $7, $8)',
    values: [
      ...[workspaceId, portalId, objectType, readAt, source],
      archived.map(({ id }) => id),
      archived.map(({ archivedAt }) => archivedAt),
      held,
    ],
  });
  return rows[0] ?? { deleted: 0, held: 0 };
}

/** The same in a transaction of its own. Undefined: the reader has lost its place, and nothing was written. */
export async function deleteRecords(
  db: Queryable,
  reader: SyncReader,
  { archived, readAt, source }: FoundInBin,
): Promise<DeletesTold | undefined> {
  const { rows } = await db.query<DeletesTold>({
    name: 'sync_delete_records',
    text: 'SELECT * FROM sync_delete_records($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      ...[reader.workspaceId, reader.portalId, reader.objectType, reader.epoch, reader.fence, readAt, source],
      archived.map(({ id }) => id),
      archived.map(({ archivedAt }) => archivedAt),
    ],
  });
  return rows[0];
}

/** Of these ids those that the mirror has as live records. */
export async function liveAmong(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<{ id: string }>({
    name: 'live_among',
    text: `SELECT u.id::text AS id FROM unnest($4::bigint[]) AS u (id)
            WHERE (SELECT r.archived_at IS NULL FROM crm_records r
                    WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = u.id)`,
    values: [workspaceId, portalId, objectType, ids],
  });
  return rows.map(({ id }) => id);
}
