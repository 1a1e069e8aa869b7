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

/** A page of those that are not in the recycle bin, by their ids. Its cost does not grow with what comes before it. */
export async function listRecords(
  pool: Pool,
  { workspaceId, portalId, objectType }: Of,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<StoredRecord[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredRecord>(
    `SELECT ${COLUMNS} FROM crm_records
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id > $4::bigint AND archived_at IS NULL
      ORDER BY id LIMIT $5`,
    [workspaceId, portalId, objectType, after ?? '0', limit],
  );
  return rows;
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
