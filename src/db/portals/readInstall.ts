import type { PortalAuth, PortalId, PortalState } from '../../domain/portals/portal.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** The install that there is. */
export interface Install {
  readonly state: PortalState;
  readonly auth: PortalAuth;
  /** Of its token. */
  readonly version: number;
  readonly installedAt: Date;
}

/** Undefined: the workspace has no such portal. */
export async function readInstall(
  pool: Pool,
  { workspaceId, portalId }: PortalId,
): Promise<Install | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Install>(
    `SELECT state, auth, token_version AS version, installed_at AS "installedAt" FROM portals
      WHERE portal_id = $1 AND workspace_id = $2`,
    [portalId, workspaceId],
  );
  return rows[0];
}
