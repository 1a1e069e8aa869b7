import type { PortalEpoch } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';

/** An install or a disconnect that was committed and whose workflow did not do its work. */
export interface PortalLeftBehind extends PortalEpoch {
  readonly state: 'active' | 'disconnecting';
}

/** Installs and disconnects of any workspace that were committed more than `afterMs` ago and are not done. */
export async function portalsLeftBehind(
  db: Queryable,
  afterMs: number,
  max: number,
): Promise<PortalLeftBehind[]> {
  const { rows } = await db.query<PortalLeftBehind>({
    name: 'portals.left_behind',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId", state, epoch
             FROM portals_left_behind($1, $2)`,
    values: [afterMs, max],
  });
  return rows;
}

/** Notes that the work which follows the install of this epoch is done. */
export async function noteResumed(db: Queryable, { portalId, epoch }: PortalEpoch): Promise<void> {
  await db.query({
    name: 'portals.resumed',
    text: `UPDATE portals SET resumed_epoch = $2
            WHERE portal_id = $1 AND epoch = $2 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, epoch],
  });
}
