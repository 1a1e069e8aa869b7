import type { Properties } from '../../domain/crm/mirroredRecord.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

export interface StoredRecord {
  readonly id: string;
  /** As they are stored (domain/crm/storedText.ts). */
  readonly properties: Properties;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly readAt: Date;
  readonly version: number;
}

/** Records of one type of a portal. */
export interface RecordsOf {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

export const RECORD_COLUMNS = `id::text AS id, properties, created_at AS "createdAt", modified_at AS "modifiedAt", read_at AS "readAt", version`;

/** So many bytes of records are answered at a time, and one record at least. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** Of what `rows` selects as many as were asked for and fit into one answer. $1: how many, $2: how many bytes. */
const fitting = (rows: string) =>
  `SELECT ${RECORD_COLUMNS}, found
     FROM (SELECT r.*, count(*) OVER ()::int AS found, row_number() OVER by_id AS n,
                  sum(octet_length(r.properties::text)) OVER by_id AS bytes
             FROM (${rows}) r
           WINDOW by_id AS (ORDER BY r.id)) p
    WHERE n <= $1 AND (n = 1 OR bytes <= $2) ORDER BY n`;

/** $3, $4, $5: which. */
const OF_TYPE = 'workspace_id = $3 AND portal_id = $4 AND object_type = $5';
/** Those that are not in the recycle bin, and those that are: for these there is an index. */
const LIVE = `${OF_TYPE} AND archived_at IS NULL`;
const ARCHIVED = `${OF_TYPE} AND archived_at IS NOT NULL`;

/** `more`: others follow, or did not fit. */
export interface Records {
  readonly records: StoredRecord[];
  readonly more: boolean;
}

/**
 * A page of those that are not in the recycle bin, by their ids, as far as it fits into one answer. Its cost does not
 * grow with what comes before it.
 */
export const listRecords = (
  pool: Pool,
  of: RecordsOf,
  page: { after?: string | undefined; limit: number },
): Promise<Records> => recordsAfter(pool, of, { ...page, isArchived: false });

/** The same, or of those in the recycle bin. */
export async function recordsAfter(
  pool: Pool,
  { workspaceId, portalId, objectType }: RecordsOf,
  { after, limit, isArchived }: { after?: string | undefined; limit: number; isArchived: boolean },
): Promise<Records> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord & { found: number }>(
    fitting(
      `SELECT * FROM crm_records WHERE ${isArchived ? ARCHIVED : LIVE} AND id > $6::bigint ORDER BY id LIMIT $7`,
    ),
    [limit, MOST_BYTES, workspaceId, portalId, objectType, after ?? '0', limit + 1],
  );
  return { records: rows, more: rows.length < (rows[0]?.found ?? 0) };
}

/** The same with so many `before` it, which are walked over. `more`: not all of this page fit. */
export async function pageOfRecords(
  pool: Pool,
  { workspaceId, portalId, objectType }: RecordsOf,
  { before, limit }: { before: number; limit: number },
): Promise<Records> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord & { found: number }>(
    fitting(`SELECT * FROM crm_records WHERE ${LIVE} ORDER BY id OFFSET $6 LIMIT $1`),
    [limit, MOST_BYTES, workspaceId, portalId, objectType, before],
  );
  return { records: rows, more: rows.length < (rows[0]?.found ?? 0) };
}

/** One by its id; by that of one which was merged into another, that other one. */
export async function findRecord(
  pool: Pool,
  { workspaceId, portalId, objectType }: RecordsOf,
  { id, isArchived }: { id: string; isArchived: boolean },
): Promise<StoredRecord | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord>(
    `SELECT ${RECORD_COLUMNS} FROM crm_records
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND (archived_at IS NOT NULL) = $5
        AND id = coalesce((SELECT a.survivor_id FROM crm_aliases a
                            WHERE a.workspace_id = $1 AND a.portal_id = $2 AND a.object_type = $3 AND a.id = $4::bigint), $4::bigint)`,
    [workspaceId, portalId, objectType, id, isArchived],
  );
  return rows[0];
}

/** The ids that follow one, of those that are not in the recycle bin. */
export async function idsAfter(
  pool: Pool,
  { workspaceId, portalId, objectType }: RecordsOf,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ id: string }>({
    name: 'record_ids_after',
    text: `SELECT id::text AS id FROM crm_records
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id > $4::bigint AND archived_at IS NULL
            ORDER BY crm_records.id LIMIT $5`,
    values: [workspaceId, portalId, objectType, after, limit],
  });
  return rows.map(({ id }) => id);
}
