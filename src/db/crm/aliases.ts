import type { Queryable } from '../pool.js';

/**
 * Which record an id stands for that was merged into another one: its survivor, which was not merged itself. Undefined:
 * nothing is known of such a merge.
 */
export async function survivorOf(
  db: Queryable,
  {
    workspaceId,
    portalId,
    objectType,
  }: { readonly workspaceId: string; readonly portalId: number; readonly objectType: string },
  id: string,
): Promise<string | undefined> {
  const { rows } = await db.query<{ survivor: string }>({
    name: 'crm_survivor',
    text: `SELECT survivor_id::text AS survivor FROM crm_aliases
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND id = $4::bigint`,
    values: [workspaceId, portalId, objectType, id],
  });
  return rows[0]?.survivor;
}
