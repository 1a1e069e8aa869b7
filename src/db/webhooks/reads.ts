import type { Pool, Queryable } from '../pool.js';
import { takeDue } from '../sync/due.js';
import type { HintSource } from './intake.js';
import type { SyncedObject } from '../sync/reader.js';
import { forWorkspace } from '../tenant.js';

/** A record that is to be read, since events have named it. */
export interface AskedRead {
  readonly recordId: string;
  readonly version: string;
  readonly associations: boolean;
  readonly source: HintSource;
  /** Until when what is read in this round was asked for. */
  readonly until: string;
}

/** Stands for all records of a type that were named beyond those that may wait one by one. */
export const TOGETHER = '0';

/** What could not be read is tried again after so long, and has ended after the last of these tries. */
const TRIED_AGAIN_AFTER_MS = [60_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 12 * 3_600_000];

/** Of which types records are to be read. For the worker: across all workspaces. */
export function readsDue(pool: Pool, most: number): Promise<SyncedObject[]> {
  return takeDue(pool, 'SELECT * FROM webhook_reads_due($1)', [most]);
}

/** A record that is to be erased here. */
export interface RecordLeft extends SyncedObject {
  readonly recordId: string;
}

/** What HubSpot has erased for a person and nobody has erased here within half a minute. Across all workspaces. */
export async function erasuresLeft(pool: Pool, most: number): Promise<RecordLeft[]> {
  const { rows } = await pool.query<RecordLeft>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType", record_id::text AS "recordId"
       FROM webhook_erasures_left($1)`,
    [most],
  );
  return rows;
}

/** What asks for it, if it is still asked for. */
export async function askedErasure(
  db: Queryable,
  { workspaceId, portalId, objectType, recordId }: RecordLeft,
): Promise<Pick<AskedRead, 'recordId' | 'version'> | undefined> {
  const { rows } = await db.query<Pick<AskedRead, 'recordId' | 'version'>>(
    `SELECT record_id::text AS "recordId", version::text FROM webhook_reads
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND record_id = $4 AND erases AND due_at IS NOT NULL`,
    [workspaceId, portalId, objectType, recordId],
  );
  return rows[0];
}

/** Whether records of a type are to be read now: some are asked for, the type is followed, and no failure waits. */
export async function hasReads(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<boolean> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ has: boolean }>({
    name: 'webhook_has_reads',
    text: 'SELECT webhook_has_reads($1, $2, $3) AS has',
    values: [workspaceId, portalId, objectType],
  });
  return rows[0]?.has ?? false;
}

/** Those that have waited longest, of those that were due by `until`: those to be erased, or the others. */
export async function nextReads(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  which: { readonly erases: boolean; readonly until?: string | undefined; readonly most: number },
): Promise<readonly AskedRead[]> {
  const { rows } = await db.query<AskedRead>({
    name: 'webhook_next_reads',
    text: `SELECT record_id::text AS "recordId", version::text, associations, until::text, source
             FROM webhook_next_reads($1, $2, $3, $4, $5, $6)`,
    values: [workspaceId, portalId, objectType, which.erases, which.until ?? null, which.most],
  });
  return rows;
}

/** What is put off, and why: it cannot be read now, though others can. */
export interface PutOff {
  readonly recordIds: readonly string[];
  readonly errorClass: string;
  readonly message: string;
}

/**
 * They were read, but for those that are put off. One that was named again since it was listed stays, behind all that
 * waits.
 */
export async function endReads(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  reads: readonly Pick<AskedRead, 'recordId' | 'version'>[],
  { recordIds, errorClass, message }: Partial<PutOff> = {},
): Promise<void> {
  await db.query({
    name: 'webhook_end_reads',
    text: 'SELECT webhook_end_reads($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      ...[workspaceId, portalId, objectType],
      reads.map(({ recordId }) => recordId),
      reads.map(({ version }) => version),
      ...[recordIds ?? [], TRIED_AGAIN_AFTER_MS, errorClass ?? null, message ?? null],
    ],
  });
}

/**
 * What was named beyond those that may wait one by one is looked for together: by a search of what has changed, now; by
 * rounds over the recycle bin and over all associations where some were deleted or their associations changed. In a
 * transaction that holds the row of portal and type.
 */
export async function lookTogether(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<void> {
  await db.query({
    name: 'webhook_look_together',
    text: 'SELECT webhook_look_together($1, $2, $3)',
    values: [workspaceId, portalId, objectType],
  });
}

/** Of these records, of which HubSpot has told, it is noted how many a poll had brought shortly before. */
export async function noteAgain(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  ids: readonly string[],
  source: HintSource,
): Promise<void> {
  await db.query({
    name: 'webhook_note_again',
    text: 'SELECT webhook_note_again($1, $2, $3, $4, $5)',
    values: [workspaceId, portalId, objectType, ids, source],
  });
}
