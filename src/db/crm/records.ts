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

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

const COLUMNS = `id::text AS id, properties, created_at AS "createdAt", modified_at AS "modifiedAt", read_at AS "readAt", version`;

/** So many bytes of records are answered at a time, and one record at least. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Of what `rows` selects as many as were asked for and fit into one answer. $1: how many, $2: how many bytes. */
const fitting = (rows: string) =>
  `SELECT ${COLUMNS}, found
     FROM (SELECT r.*, count(*) OVER ()::int AS found, row_number() OVER by_id AS n,
                  sum(octet_length(r.properties::text)) OVER by_id AS bytes
             FROM (${rows}) r
           WINDOW by_id AS (ORDER BY r.id)) p
    WHERE n <= $1 AND (n = 1 OR bytes <= $2) ORDER BY n`;

/** Those of a portal and type that are not in the recycle bin. $3, $4, $5: which. */
const LIVE = 'workspace_id = $3 AND portal_id = $4 AND object_type = $5 AND archived_at IS NULL';

/** `more`: others follow, or did not fit. */
export interface Records {
  readonly records: StoredRecord[];
  readonly more: boolean;
}

/**
 * A page of those that are not in the recycle bin, by their ids, as far as it fits into one answer. Its cost does not
 * grow with what comes before it.
 */
export async function listRecords(
  pool: Pool,
  { workspaceId, portalId, objectType }: Of,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Records> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord & { found: number }>(
    fitting(`SELECT * FROM crm_records WHERE ${LIVE} AND id > $6::bigint ORDER BY id LIMIT $7`),
    [limit, MOST_BYTES, workspaceId, portalId, objectType, after ?? '0', limit + 1],
  );
  return { records: rows, more: rows.length < (rows[0]?.found ?? 0) };
}

/** The same with so many `before` it, which are walked over. `more`: not all of this page fit. */
export async function pageOfRecords(
  pool: Pool,
  { workspaceId, portalId, objectType }: Of,
  { before, limit }: { before: number; limit: number },
): Promise<Records> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord & { found: number }>(
    fitting(`SELECT * FROM crm_records WHERE ${LIVE} ORDER BY id OFFSET $6 LIMIT $1`),
    [limit, MOST_BYTES, workspaceId, portalId, objectType, before],
  );
  return { records: rows, more: rows.length < (rows[0]?.found ?? 0) };
}

export async function findRecord(
  pool: Pool,
  { workspaceId, portalId, objectType }: Of,
  id: string,
): Promise<StoredRecord | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord>(
    `SELECT ${COLUMNS} FROM crm_records
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id = $4::bigint AND archived_at IS NULL`,
    [workspaceId, portalId, objectType, id],
  );
  return rows[0];
}
