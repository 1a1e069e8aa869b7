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

/**
 * A page of those that are not in the recycle bin, by their ids, as far as it fits into one answer. Its cost does not
 * grow with what comes before it.
 */
export async function listRecords(
  pool: Pool,
  { workspaceId, portalId, objectType }: Of,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ readonly records: StoredRecord[]; readonly more: boolean }> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord & { found: number }>(
    `SELECT ${COLUMNS}, found
       FROM (SELECT r.*, count(*) OVER ()::int AS found, row_number() OVER by_id AS n,
                    sum(octet_length(r.properties::text)) OVER by_id AS bytes
               FROM (SELECT * FROM crm_records
                      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id > $4::bigint AND archived_at IS NULL
                      ORDER BY id LIMIT $5) r
             WINDOW by_id AS (ORDER BY r.id)) p
      WHERE n <= $6 AND (n = 1 OR bytes <= $7) ORDER BY n`,
    [workspaceId, portalId, objectType, after ?? '0', limit + 1, limit, MOST_BYTES],
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
