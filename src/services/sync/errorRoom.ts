import { lastDay } from '../../db/hubspot/callCounts.js';
import type { Pool } from '../../db/pool.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { forWorkspace } from '../../db/tenant.js';
import { roomForErrors } from '../../domain/hubspot/errorShare.js';

/**
 * The same within a turn, whose own errors are not in the day's figures yet: it is read once, and what has failed since
 * is taken off.
 */
export function errorRoomOfTurn(read: () => Promise<number>, failed: () => number): () => Promise<number> {
  let atFirst: Promise<number> | undefined;
  let before = 0;
  return async () => {
    if (!atFirst) {
      before = failed();
      atFirst = read();
    }
    return Math.max(0, (await atFirst) - (failed() - before));
  };
}

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
