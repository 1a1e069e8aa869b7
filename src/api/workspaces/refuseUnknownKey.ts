import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { findApiKeyById } from '../../db/workspaces/apiKeyAdmin.js';
import { notFound } from '../http/input.js';

/** Nothing was found of a key: an error where the workspace has no such key. Those that were revoked are known. */
export async function refuseUnknownKey(
  pool: Pool,
  workspaceId: string,
  found: readonly unknown[],
  keyId: string | undefined,
): Promise<void> {
  if (found.length > 0 || keyId === undefined) return;
  if (!(await findApiKeyById(forWorkspace(pool, workspaceId), workspaceId, keyId)))
    throw notFound(`key ${keyId}`);
}
