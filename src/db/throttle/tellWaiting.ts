import type { PortalId } from '../../domain/portals/portal.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/**
 * Tells the workspace that executions wait, since HubSpot's answers to their completions are not understood: once a day
 * for each portal. The suspension of a portal is told by suspend_portal.
 */
export async function tellWaiting(
  pool: Pool,
  { workspaceId, portalId }: PortalId,
  waiting: { readonly executions: number; readonly executionId: string },
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'throttle.tell_waiting',
    text: `INSERT INTO notices (workspace_id, kind, portal_id, detail, state)
           SELECT w.id, 'throttle.waiting', $2, $3, CASE WHEN w.notify_url IS NULL THEN 'kept' ELSE 'pending' END
             FROM workspaces w
            WHERE w.id = $1
              AND NOT EXISTS (SELECT FROM notices n
                               WHERE n.workspace_id = $1 AND n.portal_id = $2 AND n.kind = 'throttle.waiting'
                                 AND n.detail->>'class' = 'unclear' AND n.created_at > clock_timestamp() - interval '1 day')`,
    values: [workspaceId, portalId, JSON.stringify({ class: 'unclear', ...waiting })],
  });
}
