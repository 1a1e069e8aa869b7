import type { Pool } from '../../db/pool.js';
import { writeResults, type ShownRecord } from '../../db/sync/results.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../../db/tombstoneKey.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { createCoalescer, type Coalescer } from './coalescer.js';
import type { WriteResult, WritesOf } from './recordWrite.js';
import { writeRecords, type WriteDependencies } from './writeRecords.js';

export interface RecordWritesDependencies extends WriteDependencies {
  readonly pool: Pool;
  /** What comes of records that were erased is dropped. */
  readonly tombstones: Pick<TombstoneKeys, 'of'>;
  readonly logger: Logger;
}

/** Of one batch, from its first request on. */
const BATCH_MS = 20_000;

/** Writes of the API's callers, as few calls as possible, and their results in the mirror before they are answered. */
export function createRecordWrites(deps: RecordWritesDependencies): Coalescer {
  const { logger } = deps;
  return createCoalescer(async (of, batch) => {
    const results = await writeRecords(
      deps,
      of,
      batch.map(({ write }) => write),
      { deadlineMs: BATCH_MS, keys: batch.map(({ key }) => key) },
    );
    crashPoint('writes.batch.answered');
    try {
      await enterMirror(deps, of, results);
    } catch (error) {
      // HubSpot has it, and whoever follows its changes finds it.
      logger.warn('What was written could not be stored in the mirror; it is read by sync', {
        ...{ portalId: of.portalId, objectType: of.objectType, error },
      });
    }
    return results;
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
