import type { Queryable } from '../pool.js';
import type { SyncedObject } from './reader.js';

/** Another type of a portal that is mirrored. */
export interface TypeBeside {
  readonly objectType: string;
  readonly records: number;
  /** Its associations with the type would be read, if that were mirrored. */
  readonly readsWith: boolean;
}

export async function typesBeside(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<TypeBeside[]> {
  const { rows } = await db.query<TypeBeside>({
    name: 'sync.types_beside',
    text: `SELECT object_type AS "objectType", live::float8 AS records,
                  loaded_at IS NOT NULL AND (associations IS NULL OR $3 = ANY (associations)) AS "readsWith"
             FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type <> $3 AND ended_at IS NULL
            ORDER BY object_type`,
    values: [workspaceId, portalId, objectType],
  });
  return rows;
}
