import type { ChangeAction } from '../../domain/crm/change.js';
import type { Queryable } from '../pool.js';
import type { RecordsOf } from './records.js';

/** Where the state of a record in the mirror came from: no values of it. */
export interface ExplainedRecord {
  readonly source: string;
  readonly readAt: Date;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly archivedAt: Date | null;
  readonly version: number;
  readonly properties: number;
}

export interface ExplainedChange {
  readonly action: ChangeAction;
  readonly initial: boolean;
  /** Names of the properties, or of what else differs. */
  readonly changed: readonly string[];
  readonly happenedAt: Date;
  readonly recordedAt: Date;
}

/** So many of the newest changes of a workspace are looked through: the feed has no index by record. */
const LOOKED_THROUGH = 50_000;
const MOST_CHANGES = 50;

const NAMES = (column: string) => `CASE jsonb_typeof(${column}) WHEN 'object'
  THEN ARRAY(SELECT k FROM jsonb_object_keys(${column}) AS o (k) ORDER BY k LIMIT 100) ELSE '{}' END`;

export async function explainedRecord(
  db: Queryable,
  { workspaceId, portalId, objectType }: RecordsOf,
  recordId: string,
): Promise<ExplainedRecord | undefined> {
  const { rows } = await db.query<ExplainedRecord>(
    `SELECT source, read_at AS "readAt", created_at AS "createdAt", modified_at AS "modifiedAt", archived_at AS "archivedAt", version,
            (SELECT count(*)::int FROM jsonb_object_keys(properties)) AS properties
       FROM crm_records WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id = $4::bigint`,
    [workspaceId, portalId, objectType, recordId],
  );
  return rows[0];
}

/** The newest first. `complete`: the feed has no older ones that were not looked through. */
export async function explainedChanges(
  db: Queryable,
  { workspaceId, portalId, objectType }: RecordsOf,
  recordId: string,
): Promise<{ readonly changes: readonly ExplainedChange[]; readonly complete: boolean }> {
  const { rows } = await db.query<ExplainedChange>(
    `SELECT action, initial, ${NAMES('changed')} AS changed, happened_at AS "happenedAt", recorded_at AS "recordedAt"
       FROM (SELECT portal_id, object_type, record_id, action, initial, changed, happened_at, recorded_at FROM crm_changes
              WHERE workspace_id = $1 ORDER BY generation DESC, transaction_id DESC, id DESC LIMIT $5) newest
      WHERE portal_id = $2 AND object_type = $3 AND record_id = $4::bigint LIMIT $6`,
    [workspaceId, portalId, objectType, recordId, LOOKED_THROUGH, MOST_CHANGES],
  );
  const { rows: counted } = await db.query<{ all: number }>(
    'SELECT count(*)::int AS "all" FROM (SELECT FROM crm_changes WHERE workspace_id = $1 LIMIT $2) c',
    [workspaceId, LOOKED_THROUGH + 1],
  );
  return {
    changes: rows,
    complete: (counted[0]?.all ?? 0) <= LOOKED_THROUGH && rows.length < MOST_CHANGES,
  };
}
