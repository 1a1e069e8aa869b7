import type pg from 'pg';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { PortalState } from '../../domain/portals/portal.js';

/**
 * One transaction at a time for each portal, also where there is no row to lock yet. Returns the workspace that holds
 * it, also another one's.
 */
export async function lockPortal(
  client: pg.PoolClient,
  portalId: number,
): Promise<{ workspaceId: string; state: PortalState } | undefined> {
  await client.query({
    name: 'portals.lock',
    text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.portal('$1')})`,
    values: [portalId],
  });
  const { rows } = await client.query<{ workspaceId: string; state: PortalState }>({
    name: 'portals.holder',
    text: `SELECT workspace_id AS "workspaceId", state FROM portal_workspaces(ARRAY[$1::bigint])`,
    values: [portalId],
  });
  return rows[0];
}
