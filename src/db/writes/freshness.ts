import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

export interface MirroredVersion {
  readonly modifiedAt: Date;
  readonly readAt: Date;
  readonly isArchived: boolean;
}

/** How the mirror has these records; one that was merged as the one that it became. */
export async function versionsOf(
  pool: Pool,
  { workspaceId, portalId, objectType }: Of,
  ids: readonly string[],
): Promise<ReadonlyMap<string, MirroredVersion>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<MirroredVersion & { id: string }>({
    name: 'writes.versions',
    text: `SELECT u.id::text AS id, r.modified_at AS "modifiedAt", r.read_at AS "readAt", r.archived_at IS NOT NULL AS "isArchived"
             FROM unnest($4::bigint[]) AS u (id)
            CROSS JOIN LATERAL (SELECT coalesce((SELECT a.survivor_id FROM crm_aliases a
                                                  WHERE a.workspace_id = $1 AND a.portal_id = $2 AND a.object_type = $3 AND a.id = u.id), u.id) AS id) n
            CROSS JOIN LATERAL (SELECT * FROM crm_records c
                                 WHERE c.workspace_id = $1 AND c.portal_id = $2 AND c.object_type = $3 AND c.id = n.id OFFSET 0) r`,
    values: [workspaceId, portalId, objectType, ids],
  });
  return new Map(rows.map(({ id, ...version }) => [id, version]));
}

/** Whether somebody brings what is missing: not while the type is held up, or not mirrored. */
export async function isMirroredNow(pool: Pool, { workspaceId, portalId, objectType }: Of): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query({
    name: 'writes.is_mirrored',
    text: `SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND paused_at IS NULL AND ended_at IS NULL`,
    values: [workspaceId, portalId, objectType],
  });
  return rowCount === 1;
}
