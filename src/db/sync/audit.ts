import type { MirroredRecord } from '../../domain/crm/mirroredRecord.js';
import type { Queryable } from '../pool.js';
import type { ArchivedRecord } from './deletes.js';
import type { SyncedObject } from './reader.js';

/** How the mirror differs from a page of HubSpot's list. */
export interface Differences {
  /** Ids that the mirror does not have, or has as deleted; none that was erased. */
  readonly missing: ReadonlySet<string>;
  /** Ids whose values, or time of change, are others. */
  readonly differing: ReadonlySet<string>;
}

/** Compares records with the mirror by their times and hashes: each is looked up by its key. */
export async function differences(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  records: readonly MirroredRecord[],
): Promise<Differences> {
  const { rows } = await db.query<{ id: string; missing: boolean }>({
    name: 'audit_differences',
    text: `SELECT u.id::text AS id, r.id IS NULL AS missing
             FROM unnest($4::bigint[], $5::bytea[], $6::timestamptz[]) AS u (id, hash, modified_at)
             LEFT JOIN LATERAL (
               SELECT o.id, o.hash, o.modified_at FROM crm_records o
                WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.id = u.id AND o.archived_at IS NULL LIMIT 1) r ON true
            WHERE (r.id IS NULL OR r.modified_at < u.modified_at OR (r.modified_at = u.modified_at AND r.hash <> u.hash))
              AND u.id <> ALL ((SELECT crm_erased($1, $2, $3, $4))::bigint[])`,
    values: [
      ...[workspaceId, portalId, objectType],
      records.map(({ id }) => id),
      records.map(({ hash }) => hash),
      records.map(({ modifiedAt }) => modifiedAt),
    ],
  });
  const idsOf = (missing: boolean) =>
    new Set(rows.filter((row) => row.missing === missing).map(({ id }) => id));
  return { missing: idsOf(true), differing: idsOf(false) };
}

/** A list may come of a copy of HubSpot's that is behind: what was stored so long before it is not. */
const SURELY_OLDER_MS = 3_600_000;

/** Of these those that the mirror has with a later time of change, though it was stored long before this read began. */
export async function tooNewAmong(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  records: readonly Pick<MirroredRecord, 'id' | 'modifiedAt'>[],
  readAt: Date,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'audit_too_new',
    text: `SELECT u.id::text AS id FROM unnest($4::bigint[], $5::timestamptz[]) AS u (id, modified_at)
            WHERE (SELECT o.modified_at > u.modified_at AND o.read_at < $6 AND o.archived_at IS NULL FROM crm_records o
                    WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.id = u.id)`,
    values: [
      ...[workspaceId, portalId, objectType],
      records.map(({ id }) => id),
      records.map(({ modifiedAt }) => modifiedAt),
      new Date(readAt.getTime() - SURELY_OLDER_MS),
    ],
  });
  return rows.map(({ id }) => id);
}

/**
 * In the transaction of a pass that then writes these records: what the mirror has of them with a later time of change
 * is older than they are, whatever that time said. Returns the ids of those that it was so with.
 */
export async function makeOlder(
  client: Queryable,
  object: SyncedObject,
  records: readonly Pick<MirroredRecord, 'id' | 'modifiedAt'>[],
  readAt: Date,
): Promise<string[]> {
  const ids = await tooNewAmong(client, object, records, readAt);
  const tooNew = records.filter(({ id }) => ids.includes(id));
  for (const { id, modifiedAt } of tooNew)
    await client.query(
      `UPDATE crm_records SET modified_at = $5::timestamptz - interval '1 millisecond'
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id = $4`,
      [object.workspaceId, object.portalId, object.objectType, id, modifiedAt],
    );
  return ids;
}

/** Ids of live records of the mirror after one id and up to another, without those that are named: the first few. */
export async function liveBetween(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { after, upTo, without, limit }: { after: string; upTo: string; without: readonly string[]; limit: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'audit_live_between',
    text: `SELECT o.id::text AS id FROM crm_records o
            WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.id > $4::bigint AND o.id <= $5::bigint
              AND o.archived_at IS NULL AND o.id <> ALL ($6::bigint[])
            ORDER BY o.id LIMIT $7`,
    values: [workspaceId, portalId, objectType, after, upTo, without, limit],
  });
  return rows.map(({ id }) => id);
}

/** Of these ids those whose records no read has shown since a moment, and when one did last. */
export async function lastReadBefore(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  ids: readonly string[],
  moment: Date,
): Promise<ArchivedRecord[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<ArchivedRecord>({
    name: 'audit_last_read',
    text: `SELECT u.id::text AS id, r.read_at AS "archivedAt" FROM unnest($4::bigint[]) AS u (id)
            CROSS JOIN LATERAL (
              SELECT o.read_at FROM crm_records o
               WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.id = u.id AND o.archived_at IS NULL LIMIT 1) r
            WHERE r.read_at < $5`,
    values: [workspaceId, portalId, objectType, ids, moment],
  });
  return rows;
}
