import type { Pool } from '../../db/pool.js';
import { writeResults, type ShownRecord } from '../../db/sync/results.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../../db/tombstoneKey.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Coalescer } from './coalescer.js';
import { createPortalWrites, type PortalWritesDependencies } from './portalWrites.js';
import type { WriteResult, WritesOf } from './recordWrite.js';

export interface RecordWritesDependencies extends PortalWritesDependencies {
  readonly pool: Pool;
  /** What comes of records that were erased is dropped. */
  readonly tombstones: Pick<TombstoneKeys, 'of'>;
}

/** Writes of the API's callers, as few calls as possible, and their results in the mirror before they are answered. */
export function createRecordWrites(deps: RecordWritesDependencies): Coalescer {
  const { logger } = deps;
  return createPortalWrites(deps, async (of, results) => {
    crashPoint('writes.batch.answered');
    try {
      await enterMirror(deps, of, results);
    } catch (error) {
      // HubSpot has it, and whoever follows its changes finds it.
      logger.warn('What was written could not be stored in the mirror; it is read by sync', {
        ...{ portalId: of.portalId, objectType: of.objectType, error },
      });
    }
  });
}

/** Stores results in the mirror, all or nothing. Where the type is not mirrored nothing is stored. */
export async function enterMirror(
  { pool, tombstones }: Pick<RecordWritesDependencies, 'pool' | 'tombstones'>,
  of: WritesOf,
  results: readonly WriteResult[],
): Promise<void> {
  const shown = shownOf(results);
  if (shown.length === 0) return;
  const answeredMs = Math.max(...results.map((one) => (one.state === 'done' ? one.answeredMs : 0)));
  await withTombstoneKey(tombstones, of, (key) =>
    inWorkspaceWith(pool, of.workspaceId, key, (client) =>
      writeResults(client, of, shown, new Date(answeredMs)),
    ),
  );
}

/** What results show of records, each once: the last word on it. */
export function shownOf(results: readonly WriteResult[]): ShownRecord[] {
  const shown = new Map<string, ShownRecord>();
  for (const result of results) {
    if (result.state !== 'done') continue;
    const { id, properties, createdAt, modifiedAt } = result.record;
    if (createdAt === undefined || modifiedAt === undefined) continue;
    shown.set(id, { id, properties, createdAt, modifiedAt });
  }
  return [...shown.values()];
}
