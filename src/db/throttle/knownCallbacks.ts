import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** Those of these calls of a portal that were taken before, whatever has become of them since. */
export async function knownCallbacks(
  pool: Pool,
  { workspaceId, portalId }: { readonly workspaceId: string; readonly portalId: number },
  callbackIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ callback: string }>(
    `SELECT callback_id AS callback FROM execution_keys WHERE portal_id = $1 AND callback_id = ANY($2)`,
    [portalId, callbackIds],
  );
  return new Set(rows.map(({ callback }) => callback));
}
