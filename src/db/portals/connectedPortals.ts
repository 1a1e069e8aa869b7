import type { Queryable } from '../pool.js';

/** The numbers of the workspace's portals that are not disconnected, at most so many. */
export async function connectedPortals(db: Queryable, limit: number): Promise<number[]> {
  const { rows } = await db.query<{ portalId: number }>({
    name: 'portals.connected',
    text: `SELECT portal_id::float8 AS "portalId" FROM portals
            WHERE workspace_id = ANY (tenant_workspaces()) AND state <> 'disconnected'
            ORDER BY portal_id LIMIT $1`,
    values: [limit],
  });
  return rows.map(({ portalId }) => portalId);
}
