import type { SubscribedType } from '../../domain/webhooks/webhookProject.js';
import type { Queryable } from '../pool.js';

/** The types that a workspace mirrors in any portal, with all properties that are kept of them. */
export async function subscribedTypes(db: Queryable, workspaceId: string): Promise<SubscribedType[]> {
  const { rows } = await db.query<SubscribedType>(
    `SELECT s.object_type AS "objectType",
            coalesce(array_agg(DISTINCT k.name) FILTER (WHERE k.name IS NOT NULL), '{}') AS properties
       FROM sync_states s
       LEFT JOIN LATERAL (SELECT unnest(p.kept) AS name FROM sync_properties p
                           WHERE p.workspace_id = s.workspace_id AND p.portal_id = s.portal_id AND p.object_type = s.object_type) k ON true
      WHERE s.workspace_id = $1 AND s.ended_at IS NULL
      GROUP BY s.object_type ORDER BY s.object_type`,
    [workspaceId],
  );
  return rows;
}
