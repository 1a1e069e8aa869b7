import type { Queryable } from '../pool.js';
import type { RecordsOf } from './records.js';

/** The names of the properties that a portal has of a type, as far as its definitions were read; so many at most. */
export async function definedProperties(
  db: Queryable,
  { workspaceId, portalId, objectType }: RecordsOf,
  most: number,
): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT name FROM crm_property_defs
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND replaced_at IS NULL AND NOT archived
      ORDER BY name LIMIT $4`,
    [workspaceId, portalId, objectType, most],
  );
  return rows.map(({ name }) => name);
}
