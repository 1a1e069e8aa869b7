import type { Pool } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { forWorkspace } from '../../db/tenant.js';
import { notFound } from '../http/input.js';

/**
 * Nothing was found of a portal: an error where the workspace has no such portal, so that a wrong number is not taken
 * for good news. What was found of one that it had before is shown.
 */
export async function refuseUnknownPortal(
  pool: Pool,
  workspaceId: string,
  found: readonly unknown[],
  portalId: number | null | undefined,
): Promise<void> {
  if (found.length > 0 || portalId == null) return;
  if (!(await findPortalView(forWorkspace(pool, workspaceId), portalId)))
    throw notFound(`portal ${portalId}`);
}
