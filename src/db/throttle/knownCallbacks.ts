import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

interface CallsOf {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly callbackIds: readonly string[];
}

/** What has become of the execution of a key `k`; null: it waits, or its history has gone. */
const ENDED_AS = `(SELECT h.state FROM execution_history h
                    WHERE h.id = k.execution_id AND h.workspace_id = k.workspace_id
                    ORDER BY h.finished_at DESC LIMIT 1)`;

/**
 * Those of these calls of a portal that were taken before, whatever has become of them since. What was refused at once
 * was not taken: nothing waits for it here, and nothing has completed it.
 */
export async function knownCallbacks(
  pool: Pool,
  { workspaceId, portalId, callbackIds }: CallsOf,
): Promise<ReadonlySet<string>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ callback: string }>(
    `SELECT k.callback_id AS callback FROM execution_keys k
      WHERE k.portal_id = $1 AND k.callback_id = ANY($2) AND (${ENDED_AS} IN ('refused', 'rejected')) IS NOT TRUE`,
    [portalId, callbackIds],
  );
  return new Set(rows.map(({ callback }) => callback));
}

/** Those that were refused may be called for again, and are then taken as new. What ended is kept as it ended. */
export async function forgetRefused(
  pool: Pool,
  { workspaceId, portalId, callbackIds }: CallsOf,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `DELETE FROM execution_keys k
      WHERE k.portal_id = $1 AND k.callback_id = ANY($2) AND ${ENDED_AS} = 'refused'`,
    [portalId, callbackIds],
  );
}
