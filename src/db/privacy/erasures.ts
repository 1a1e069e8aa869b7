import type pg from 'pg';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** A record of a portal, as it is erased or shown with all that is stored of it. */
export interface OneRecord {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
  /** Its own, and those that were merged into it. */
  readonly ids: readonly string[];
  /** By which others name it, in lower case. */
  readonly words: readonly string[];
}

export interface ErasureView {
  readonly id: string;
  readonly n: string;
  readonly portalId: number;
  readonly objectType: string;
  /** Hex. */
  readonly mark: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly doneAt: Date | null;
  /** Rows, by table. */
  readonly erased: Readonly<Record<string, number>>;
  readonly failure: string | null;
}

const VIEW = `id, n::text, portal_id::float8 AS "portalId", object_type AS "objectType", encode(mark, 'hex') AS mark,
  requested_by AS "requestedBy", requested_at AS "requestedAt", done_at AS "doneAt", erased, last_error AS failure`;

export async function findTombstoneSecret(pool: Pool, workspaceId: string): Promise<string | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ sealed: string | null }>(
    'SELECT tombstone_secret AS sealed FROM workspaces WHERE id = $1',
    [workspaceId],
  );
  return rows[0]?.sealed ?? undefined;
}

/** Stores it unless there is one. */
export async function storeTombstoneSecret(pool: Pool, workspaceId: string, sealed: string): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    'UPDATE workspaces SET tombstone_secret = $2 WHERE id = $1 AND tombstone_secret IS NULL',
    [workspaceId, sealed],
  );
}

/** The lock under which a portal's records of one type are written, for as long as the transaction lasts. */
export async function lockMirror(
  db: Queryable,
  { workspaceId, portalId, objectType }: Omit<OneRecord, 'ids' | 'words'>,
): Promise<void> {
  await db.query(
    'SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 FOR NO KEY UPDATE',
    [workspaceId, portalId, objectType],
  );
}

/** The ids of a record: its own, or that of the record it was merged into, and all that were merged into that. */
export async function idsOf(
  db: Queryable,
  { workspaceId, portalId, objectType }: Omit<OneRecord, 'ids' | 'words'>,
  recordId: string,
): Promise<string[]> {
  const { rows } = await db.query<{ ids: string[] }>(
    `SELECT ARRAY[s.id] || ARRAY(SELECT a.id FROM crm_aliases a
                                  WHERE a.workspace_id = $1 AND a.portal_id = $2 AND a.object_type = $3 AND a.survivor_id = s.id ORDER BY 1) AS ids
       FROM (SELECT coalesce((SELECT a.survivor_id FROM crm_aliases a
                               WHERE a.workspace_id = $1 AND a.portal_id = $2 AND a.object_type = $3 AND a.id = $4::bigint), $4::bigint) AS id) s`,
    [workspaceId, portalId, objectType, recordId],
  );
  return rows[0]?.ids ?? [recordId];
}

/** What the mirror has of these records under these names, if it has any of them. */
export async function valuesNamed(
  db: Queryable,
  { workspaceId, portalId, objectType, ids }: Omit<OneRecord, 'words'>,
  names: readonly string[],
): Promise<{ readonly isMirrored: boolean; readonly values: readonly string[] }> {
  const { rows } = await db.query<{ values: string[] }>(
    `SELECT ARRAY(SELECT r.properties ->> u.name FROM unnest($5::text[]) AS u (name) WHERE r.properties ? u.name) AS values
       FROM crm_records r
      WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = ANY ($4::bigint[])`,
    [workspaceId, portalId, objectType, ids, names],
  );
  return { isMirrored: rows.length > 0, values: rows.flatMap(({ values }) => values) };
}

/** Takes them out of the mirror for good, and tells the feed. Returns how many were in it. */
export async function eraseMirrored(
  db: Queryable,
  { workspaceId, portalId, objectType, ids }: Omit<OneRecord, 'words'>,
  marks: readonly Buffer[],
): Promise<number> {
  const { rows } = await db.query<{ removed: number }>('SELECT crm_erase($1, $2, $3, $4, $5) AS removed', [
    ...[workspaceId, portalId, objectType, ids, marks],
  ]);
  return rows[0]?.removed ?? 0;
}

export async function addErasure(
  db: Queryable,
  { workspaceId, portalId, objectType, ids, words }: OneRecord,
  { mark, requestedBy, removed }: { mark: Buffer; requestedBy: string; removed: number },
): Promise<ErasureView> {
  const { rows } = await db.query<ErasureView>(
    `INSERT INTO erasures (workspace_id, portal_id, object_type, mark, subject, requested_by, erased)
     VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 > 0 THEN jsonb_build_object('crm_records', $7::int) ELSE '{}' END) RETURNING ${VIEW}`,
    [...[workspaceId, portalId, objectType, mark], JSON.stringify({ ids, words }), requestedBy, removed],
  );
  if (!rows[0]) throw new Error('The erasure was not stored');
  return rows[0];
}

/** The newest first. */
export async function listErasures(
  pool: Pool,
  workspaceId: string,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<ErasureView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<ErasureView>(
    `SELECT ${VIEW} FROM erasures WHERE workspace_id = $1 AND ($2::bigint IS NULL OR n < $2) ORDER BY n DESC LIMIT $3`,
    [workspaceId, after ?? null, limit],
  );
  return rows;
}

/** For the worker: across all workspaces. */
export async function erasuresDue(
  pool: Pool,
  most: number,
): Promise<{ readonly workspaceId: string; readonly id: string }[]> {
  const { rows } = await pool.query<{ workspaceId: string; id: string }>(
    'SELECT workspace_id AS "workspaceId", id FROM erasures_due($1)',
    [most],
  );
  return rows;
}

/** Where an erasure goes on: the place, and the key after which; null: from its beginning. */
export interface ErasurePlace {
  readonly at: string;
  readonly after: readonly string[] | null;
}

/** What is still to be done, under its lock. Undefined: it is done. */
export async function lockErasure(
  client: pg.PoolClient,
  id: string,
): Promise<{ readonly record: OneRecord; readonly place: ErasurePlace | null } | undefined> {
  const { rows } = await client.query<
    Omit<OneRecord, 'ids' | 'words'> & {
      subject: Pick<OneRecord, 'ids' | 'words'> | null;
      place: ErasurePlace | null;
    }
  >(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType", subject, place
       FROM erasures WHERE id = $1 FOR UPDATE`,
    [id],
  );
  const [row] = rows;
  if (!row?.subject) return undefined;
  const { subject, place, ...of } = row;
  return { record: { ...of, ...subject }, place };
}

/** `place` null: it is done, and whom it was about is forgotten. */
export async function moveErasure(
  client: pg.PoolClient,
  id: string,
  { table, erased, place }: { table: string; erased: number; place: ErasurePlace | null },
): Promise<void> {
  await client.query(
    `UPDATE erasures
        SET place = $2::jsonb, failures_in_a_row = 0, last_error = NULL,
            erased = CASE WHEN $4 = 0 THEN erased ELSE erased || jsonb_build_object($3::text, coalesce((erased ->> $3)::int, 0) + $4::int) END,
            subject = CASE WHEN $2::jsonb IS NULL THEN NULL ELSE subject END,
            done_at = CASE WHEN $2::jsonb IS NULL THEN clock_timestamp() END,
            due_at = CASE WHEN $2::jsonb IS NOT NULL THEN due_at END
      WHERE id = $1`,
    [id, place === null ? null : JSON.stringify(place), table, erased],
  );
}

/** `error`: why it could not go on; null: its time was over. */
export async function putOffErasure(
  pool: Pool,
  { workspaceId, id }: { readonly workspaceId: string; readonly id: string },
  error: string | null,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE erasures
        SET last_error = coalesce($2, last_error), failures_in_a_row = failures_in_a_row + ($2::text IS NOT NULL)::int,
            due_at = clock_timestamp() + CASE WHEN $2::text IS NULL THEN interval '0' ELSE least(interval '15 minutes', interval '5 seconds' * power(2, least(failures_in_a_row, 10))) END
      WHERE id = $1 AND done_at IS NULL`,
    [id, error],
  );
}
