import type { Queryable } from '../pool.js';
import { nameUnsureErasures } from './erasuresUnsure.js';
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
 * In a transaction that holds the lock of portal and type. `isRound`: the round over the recycle bin, which counts what
 * is held.
 */
export async function tellDeletes(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { archived, readAt, source }: FoundInBin,
  { isRound }: { readonly isRound: boolean },
): Promise<DeletesTold> {
  const { rows } = await client.query<DeletesTold>({
    name: 'sync_tell_deletes',
    text: 'SELECT * FROM sync_tell_deletes($1, $2, $3, $4, $5, $6, $7, $8)',
    values: [
      ...[workspaceId, portalId, objectType, readAt, source],
      archived.map(({ id }) => id),
      archived.map(({ archivedAt }) => archivedAt),
      isRound,
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

/** Of what is in the recycle bin that which nothing keeps in the mirror: no hold, and no refusal of a person's. */
export async function notKept(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  archived: readonly ArchivedRecord[],
): Promise<readonly ArchivedRecord[]> {
  if (archived.length === 0) return [];
  const { rows } = await db.query<{ held: boolean; refused: Date | null }>(
    `SELECT deletes_held_at IS NOT NULL AS held, deletes_refused_until AS refused
       FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [workspaceId, portalId, objectType],
  );
  const [kept] = rows;
  if (!kept || kept.held) return [];
  const { refused } = kept;
  return refused ? archived.filter(({ archivedAt }) => archivedAt > refused) : archived;
}

/** A round over the recycle bin begins: what is held is counted anew. In a transaction of the pass. */
export async function beginDeletesRound(client: Queryable, object: SyncedObject): Promise<void> {
  await client.query(
    `UPDATE sync_states SET deletes_counted = 0
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND deletes_counted > 0`,
    [object.workspaceId, object.portalId, object.objectType],
  );
}

/** It has seen all of the bin: so many are held as it has found, and where there are none nobody is asked any more. */
export async function endDeletesRound(client: Queryable, object: SyncedObject): Promise<void> {
  await client.query(
    `UPDATE sync_states
        SET deletes_held = deletes_counted + deletes_vanished,
            deletes_held_at = CASE WHEN deletes_counted + deletes_vanished > 0 THEN deletes_held_at END
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND deletes_held_at IS NOT NULL`,
    [object.workspaceId, object.portalId, object.objectType],
  );
}

/**
 * Records that HubSpot has neither live nor in its recycle bin any more, with when they were seen last, as their
 * deletes: as far as the bound for an hour allows. What is held is not of the bin, and waits on whatever a round over
 * that finds. Returns how many were told of.
 */
export async function tellVanished(
  client: Queryable,
  object: SyncedObject,
  vanished: FoundInBin,
): Promise<number> {
  if (vanished.archived.length === 0) return 0;
  const ids = vanished.archived.map(({ id }) => id);
  await nameUnsureErasures(client, object, ids);
  const { deleted, held } = await tellDeletes(client, object, vanished, { isRound: false });
  if (held > 0)
    await client.query(
      `UPDATE sync_states
          SET deletes_vanished = deletes_vanished + $4,
              deletes_held = greatest(deletes_held, deletes_counted + deletes_vanished + $4)
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
      [object.workspaceId, object.portalId, object.objectType, held],
    );
  return deleted;
}

/** An audit begins: what is held of those is counted anew. In a transaction of the pass. */
export async function beginVanished(client: Queryable, object: SyncedObject): Promise<void> {
  await client.query(
    `UPDATE sync_states SET deletes_vanished = 0
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND deletes_vanished > 0`,
    [object.workspaceId, object.portalId, object.objectType],
  );
}

/** For so long HubSpot keeps what was deleted, and gives it back. */
export const BIN_DAYS = 90;
/** So many of the deleted records of the mirror are gone through in one go. */
const AT_A_TIME = 1000;

/**
 * The next records that the mirror has as deleted and the recycle bin may still have, by their ids, and after which id
 * to go on (undefined: there are no others).
 */
export async function deletedAfter(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  after: string,
): Promise<{ readonly ids: readonly string[]; readonly after: string | undefined }> {
  const { rows } = await db.query<{ id: string; kept: boolean }>({
    name: 'deleted_after',
    text: `SELECT id::text AS id, archived_at > now() - make_interval(days => $5) AS kept FROM crm_records
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND crm_records.id > $4::bigint AND archived_at IS NOT NULL
            ORDER BY crm_records.id LIMIT $6`,
    values: [workspaceId, portalId, objectType, after, BIN_DAYS, AT_A_TIME],
  });
  return {
    ids: rows.filter(({ kept }) => kept).map(({ id }) => id),
    after: rows.length === AT_A_TIME ? rows.at(-1)?.id : undefined,
  };
}

/** Of ids those of which something is true in the mirror, each found by its key. */
const among =
  (name: string, isTrue: string) =>
  async (
    db: Queryable,
    { workspaceId, portalId, objectType }: SyncedObject,
    ids: readonly string[],
  ): Promise<string[]> => {
    if (ids.length === 0) return [];
    const { rows } = await db.query<{ id: string }>({
      name,
      text: `SELECT u.id::text AS id FROM unnest($4::bigint[]) AS u (id)
              WHERE (SELECT ${isTrue} FROM crm_records r
                      WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = u.id)`,
      values: [workspaceId, portalId, objectType, ids],
    });
    return rows.map(({ id }) => id);
  };

/** Of these ids those that the mirror has as live records. */
export const liveAmong = among('live_among', 'r.archived_at IS NULL');

/** Of these ids those of which `deletedAfter` tells. */
export const deletedAmong = among(
  'deleted_among',
  `r.archived_at > now() - make_interval(days => ${BIN_DAYS})`,
);

/** Up to when the mirror has what HubSpot's searches show. */
export async function settledUntil(db: Queryable, object: SyncedObject): Promise<Date | undefined> {
  const { rows } = await db.query<{ until: Date | null }>(
    `SELECT fresh_until AS until FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [object.workspaceId, object.portalId, object.objectType],
  );
  return rows[0]?.until ?? undefined;
}
