import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { objectNamed, typeNamed } from '../crm/namedType.js';
import { notFound } from '../http/input.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { Pool } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';
import type { WriteThroughDependencies } from '../../services/writes/deleteRecord.js';
import type { Coalescer } from '../../services/writes/coalescer.js';
import type { WritesOf } from '../../services/writes/recordWrite.js';
import { PairRefused } from '../../services/sync/hubspotAssociations.js';
import { SyncRefused } from '../../services/sync/syncRefused.js';

export interface WritesDependencies extends WriteThroughDependencies {
  readonly pool: Pool;
  readonly portals: Pick<PortalResolver, 'find'>;
  readonly writes: Coalescer;
}

/** The type of a connected portal of the workspace that a request names. */
export async function objectOf(
  { pool, portals }: Pick<WritesDependencies, 'pool' | 'portals'>,
  workspaceId: string,
  named: { readonly portalId: number | undefined; readonly objectType: string },
): Promise<WritesOf> {
  const portalId = await namedOrOnlyPortal(pool, workspaceId, named.portalId, 'portalId');
  // The gateway goes by the number of a portal, whosever it is.
  const entry = await portals.find(portalId);
  if (entry?.workspaceId !== workspaceId) throw notFound(`portal ${portalId}`);
  if (entry.state === 'disconnected')
    throw new AppError('conflict', `Portal ${portalId} is disconnected: connect it again`);
  return objectNamed(pool, workspaceId, { portalId, objectType: named.objectType });
}

export const otherTypeOf = (pool: Pool, of: WritesOf, named: string): Promise<string> =>
  typeNamed(pool, of, named, 'toType');

const SOON_MS = 1000;

/** What was read of HubSpot for somebody who waits: why it could not be, in the words of an answer. */
export async function asked<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PairRefused) throw new AppError('conflict', error.message, { cause: error });
    if (!(error instanceof SyncRefused)) throw error;
    const { errorClass, retryAfterMs = SOON_MS } = error.how;
    if (errorClass === 'throttled') throw new AppError('too_many_requests', error.message, { retryAfterMs });
    if (errorClass === 'refused')
      throw new AppError('invalid_input', `${error.message}: look at the properties and at after`);
    if (error.how.pauses === true || errorClass === 'unauthorized')
      throw new AppError('conflict', error.message);
    throw new AppError('unavailable', error.message, { retryAfterMs });
  }
}
