import { lastDay } from '../../db/hubspot/callCounts.js';
import type { Pool } from '../../db/pool.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { forWorkspace } from '../../db/tenant.js';
import { roomForErrors } from '../../domain/hubspot/errorShare.js';

/**
 * How many requests may be sent for a portal now whose likely answer is an error (domain/hubspot/errorShare.ts).
 * `maxErrorShare`: such as 0.05; absent or 0: as many as one likes.
 */
export async function errorRoomOf(
  { pool, maxErrorShare = 0 }: { readonly pool: Pool; readonly maxErrorShare?: number | undefined },
  { workspaceId, portalId }: SyncedObject,
): Promise<number> {
  if (maxErrorShare === 0) return Infinity;
  return roomForErrors(await lastDay(forWorkspace(pool, workspaceId), portalId), maxErrorShare);
}
