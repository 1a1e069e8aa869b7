import type { PortalId } from '../../domain/portals/portal.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/**
 * A portal is in use again: what was mirrored of it goes on where it was. Returns how many types of objects that are.
 */
export async function resumeSyncs(pool: Pool, { workspaceId, portalId }: PortalId): Promise<number> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query(
    `UPDATE sync_states SET ended_at = NULL, due_at = CASE WHEN paused_at IS NULL THEN clock_timestamp() END
      WHERE workspace_id = $1 AND portal_id = $2 AND (ended_at IS NOT NULL OR due_at IS NOT NULL)`,
    [workspaceId, portalId],
  );
  return rowCount ?? 0;
}

/** A portal goes: nothing of it is read any more, and its mirror is removed some time after. Safe to repeat. */
export async function endSyncs(pool: Pool, { workspaceId, portalId }: PortalId): Promise<number> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query(
    `UPDATE sync_states SET ended_at = clock_timestamp(), due_at = NULL
      WHERE workspace_id = $1 AND portal_id = $2 AND ended_at IS NULL`,
    [workspaceId, portalId],
  );
  return rowCount ?? 0;
}
