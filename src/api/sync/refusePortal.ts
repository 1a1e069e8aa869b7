import type { Queryable } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import { AppError } from '../../platform/errors.js';
import { notFound } from '../http/input.js';

/** Only what is connected is read. */
export async function refusePortal(db: Queryable, portal: number): Promise<void> {
  const found = await findPortalView(db, portal);
  if (!found) throw notFound(`portal ${portal}`);
  if (found.state === 'disconnecting' || found.state === 'disconnected')
    throw new AppError('conflict', `Portal ${portal} is ${found.state}: connect it first`);
}
