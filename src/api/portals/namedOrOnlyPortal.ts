import { connectedPortals } from '../../db/portals/connectedPortals.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { invalidInput } from '../http/input.js';

/** So many are named when one has to be chosen. */
const MAX_NAMED = 20;

/**
 * The portal that a request names, or the only one that is connected in its workspace. With none or several it has to
 * be named: 400, which lists them. `field` is what the request calls it.
 */
export async function namedOrOnlyPortal(
  pool: Pool,
  workspaceId: string,
  named: number | undefined,
  field: 'portalId' | 'portal_id',
): Promise<number> {
  if (named !== undefined) return named;
  const connected = await connectedPortals(forWorkspace(pool, workspaceId), MAX_NAMED + 1);
  const [only, ...others] = connected;
  if (only !== undefined && others.length === 0) return only;
  const list = `${connected.slice(0, MAX_NAMED).join(', ')}${connected.length > MAX_NAMED ? ', …' : ''}`;
  const message =
    only === undefined
      ? 'no portal is connected in this workspace; name one of those that were'
      : `several portals are connected in this workspace, so one has to be named: ${list}`;
  throw invalidInput([{ path: field, message }]);
}
