import type { PassName } from '../../domain/sync/passes.js';
import type { Queryable } from '../pool.js';
import type { SyncedObject } from './reader.js';

/** How a pass over a mirrored type stands: its round that runs or, between two, its last one. */
export interface PassView {
  readonly pass: PassName;
  readonly running: boolean;
  readonly beganAt: Date | null;
  /** Of the last round that has come to its end. */
  readonly endedAt: Date | null;
  readonly seen: number;
  readonly changed: number;
  readonly found: Readonly<Record<string, number>>;
  readonly dueAt: Date;
  readonly failure: { readonly class: string; readonly message: string; readonly inARow: number } | null;
}

const COLUMNS = `pass, coalesce(lease_until > clock_timestamp(), false) AS running, began_at AS "beganAt", ended_at AS "endedAt",
  seen::float8 AS seen, changed::float8 AS changed, found, due_at AS "dueAt",
  CASE WHEN error_class IS NOT NULL THEN jsonb_build_object('class', error_class, 'message', last_error, 'inARow', failures_in_a_row) END AS failure`;
const OF = 'workspace_id = $1 AND portal_id = $2 AND object_type = $3';

/** A page of the passes over a type, by their names. */
export async function listPasses(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<PassView[]> {
  const { rows } = await db.query<PassView>(
    `SELECT ${COLUMNS} FROM sync_passes WHERE ${OF} AND pass > $4 ORDER BY pass LIMIT $5`,
    [workspaceId, portalId, objectType, after, limit],
  );
  return rows;
}

/** The next round begins now; after one that runs comes another. Undefined: the type is not mirrored. */
export async function duePass(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  pass: PassName,
): Promise<PassView | undefined> {
  const { rows } = await db.query<PassView>(
    `UPDATE sync_passes SET due_at = clock_timestamp() WHERE ${OF} AND pass = $4 RETURNING ${COLUMNS}`,
    [workspaceId, portalId, objectType, pass],
  );
  return rows[0];
}
