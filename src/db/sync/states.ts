import type { SyncCursor } from '../../domain/sync/cursor.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { takeDue } from './due.js';
import { LEASE_MS, type SyncedObject, type SyncReader } from './reader.js';

/**
 * So many first loads of one workspace are under way at a time: the others' slots are not for it. What follows changes
 * takes a moment, counts for nothing and waits for none of them.
 */
const MOST_LOADS_OF_A_WORKSPACE = 12;

/** Taken in hand: the reader, and what it goes on from. */
export interface SyncClaim {
  readonly reader: SyncReader;
  readonly cursor: unknown;
  /** How often in a row it could not be read. */
  readonly failures: number;
  /** How many records a first load is to have, as HubSpot counts them. Null: it is not known yet. */
  readonly expected: number | null;
}

/** A type that is to be read now. */
export interface DueSync extends SyncedObject {
  /** One call tells whether anything has changed. Not so: it is still to be loaded, or a search is under way. */
  readonly follows: boolean;
}

/** What is to be read now and is read by nobody. For the worker: across all workspaces. */
export function syncsDue(pool: Pool, most: number): Promise<DueSync[]> {
  return takeDue<{ follows: boolean }>(pool, 'SELECT * FROM sync_due($1)', [most]);
}

/** How many types wait for a slot of a worker. For the worker: across all workspaces. */
export async function syncsWaiting(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>('SELECT sync_waiting($1) AS waiting', [
    MOST_LOADS_OF_A_WORKSPACE,
  ]);
  return rows[0]?.waiting ?? 0;
}

/** Takes an object in hand. Undefined: somebody has it, it is paused, or its portal is not to be asked. */
export async function claimSync(pool: Pool, object: SyncedObject): Promise<SyncClaim | undefined> {
  const { rows } = await forWorkspace(pool, object.workspaceId).query<{
    fence: number;
    cursor: unknown;
    epoch: number;
    failures: number;
    expected: number | null;
  }>(
    `UPDATE sync_states s SET fence = s.fence + 1, lease_until = clock_timestamp() + $4 * interval '1 millisecond',
            claimed_at = clock_timestamp()
       FROM portals p
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.paused_at IS NULL AND s.ended_at IS NULL
        AND (s.lease_until IS NULL OR s.lease_until <= clock_timestamp())
        AND p.portal_id = s.portal_id AND p.workspace_id = s.workspace_id AND p.state = 'active'
        AND consumer_behind($1, $2, $3) IS NULL
        AND (s.cursor->>'kind' IS NOT DISTINCT FROM 'follow'
             OR (SELECT count(*) FROM sync_states o
                  WHERE o.workspace_id = $1 AND o.lease_until > clock_timestamp()
                    AND o.cursor->>'kind' IS DISTINCT FROM 'follow') < $5)
     RETURNING s.fence, s.cursor, s.failures_in_a_row AS failures, s.expected::float8 AS expected, p.epoch`,
    [object.workspaceId, object.portalId, object.objectType, LEASE_MS, MOST_LOADS_OF_A_WORKSPACE],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { epoch, fence, ...claim } = row;
  return { reader: { ...object, epoch, fence }, ...claim };
}

/** Says that the reader is there, and has made so many calls. False: it has lost its place. */
export async function renewSync(pool: Pool, reader: SyncReader, calls: number): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, reader.workspaceId).query(
    `UPDATE sync_states s SET lease_until = clock_timestamp() + $5 * interval '1 millisecond', calls = s.calls + $6
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.fence = $4
        AND s.paused_at IS NULL AND s.ended_at IS NULL AND s.lease_until IS NOT NULL`,
    [reader.workspaceId, reader.portalId, reader.objectType, reader.fence, LEASE_MS, calls],
  );
  return rowCount === 1;
}

/** How a reader leaves its place. */
export interface Leaving {
  readonly cursor?: SyncCursor | undefined;
  /** Until it is to be read again. */
  readonly dueInMs: number;
  /** The same, while HubSpot tells of its records by the webhooks journal (journal_tells.sql). */
  readonly toldDueInMs?: number | undefined;
  /** Up to when the mirror has now what HubSpot has, by HubSpot's clock. */
  readonly freshUntil?: Date | undefined;
  /** Calls to HubSpot that were not counted yet. */
  readonly calls?: number | undefined;
  readonly failure?:
    { readonly errorClass: string; readonly message: string; readonly pauses: boolean } | undefined;
}

/** Gives the place back, as it was left. False: it was another's by then, and nothing was changed. */
export async function leaveSync(pool: Pool, reader: SyncReader, leaving: Leaving): Promise<boolean> {
  const { cursor, dueInMs, toldDueInMs, freshUntil, failure, calls = 0 } = leaving;
  const { rowCount } = await forWorkspace(pool, reader.workspaceId).query(
    `UPDATE sync_states s
        SET lease_until = NULL, cursor = coalesce($5::jsonb, s.cursor),
            due_at = CASE WHEN $8 OR s.paused_at IS NOT NULL OR s.ended_at IS NOT NULL THEN NULL ELSE clock_timestamp() + interval '1 millisecond' * CASE
              WHEN $12::float8 IS NOT NULL AND s.told_since < clock_timestamp() - interval '5 minutes' AND journal_tells() THEN $12 ELSE $6 END END,
            paused_at = CASE WHEN $8 THEN clock_timestamp() ELSE s.paused_at END,
            pause_reason = CASE WHEN $8 THEN $10 ELSE s.pause_reason END,
            fresh_until = greatest(s.fresh_until, $7::timestamptz),
            failures_in_a_row = CASE WHEN $9::text IS NULL THEN 0 ELSE s.failures_in_a_row + 1 END,
            error_class = $9, last_error = $10, calls = s.calls + $11,
            failed_runs = s.failed_runs + CASE WHEN $9::text IS NULL THEN 0 ELSE 1 END,
            loading_ms = s.loading_ms + CASE WHEN coalesce($5::jsonb, s.cursor) ->> 'kind' IS NOT DISTINCT FROM 'follow' THEN 0
              ELSE extract(epoch FROM clock_timestamp() - s.claimed_at) * 1000 END
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.fence = $4`,
    [
      ...[reader.workspaceId, reader.portalId, reader.objectType, reader.fence],
      ...[cursor === undefined ? null : JSON.stringify(cursor), dueInMs, freshUntil ?? null],
      ...[
        failure?.pauses ?? false,
        failure?.errorClass ?? null,
        failure?.message ?? null,
        calls,
        toldDueInMs ?? null,
      ],
    ],
  );
  return rowCount === 1;
}

/** Of these records those that the mirror does not have, or has from an earlier time. */
export async function newerThanMirror(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
  hits: readonly { readonly id: string; readonly modified: number }[],
): Promise<Set<string>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ id: string }>({
    name: 'newer_than_mirror',
    text: `SELECT u.id::text AS id FROM unnest($4::bigint[], $5::timestamptz[]) AS u (id, modified_at)
            WHERE (SELECT r.modified_at FROM crm_records r
                    WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = u.id
                      AND r.archived_at IS NULL) >= u.modified_at IS NOT TRUE`,
    values: [
      ...[workspaceId, portalId, objectType],
      hits.map(({ id }) => id),
      hits.map(({ modified }) => new Date(modified)),
    ],
  });
  return new Set(rows.map(({ id }) => id));
}

/** When the mirror of the type was begun, by the database's clock. */
export async function startedAtMs(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<number> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ started_at: Date }>(
    'SELECT started_at FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3',
    [workspaceId, portalId, objectType],
  );
  if (!rows[0]) throw new Error('The type is not mirrored any more');
  return rows[0].started_at.getTime();
}

/** Waits for the row of portal and type, before anything is written. False: the reader has lost its place. */
export async function lockReader(db: Queryable, reader: SyncReader): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND fence = $4
        AND paused_at IS NULL AND ended_at IS NULL FOR NO KEY UPDATE`,
    [reader.workspaceId, reader.portalId, reader.objectType, reader.fence],
  );
  return rowCount === 1;
}

/** How many records HubSpot counts, when a first load begins. */
export async function noteExpected(db: Queryable, reader: SyncReader, expected: number): Promise<void> {
  await db.query(
    `UPDATE sync_states SET expected = $5
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND fence = $4`,
    [reader.workspaceId, reader.portalId, reader.objectType, reader.fence, expected],
  );
}

/** Calls to HubSpot, by whoever made them for a type: a place that was lost has spent them all the same. */
export async function countCalls(db: Queryable, object: SyncedObject, calls: number): Promise<void> {
  if (calls === 0) return;
  await db.query(
    `UPDATE sync_states SET calls = calls + $4 WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [object.workspaceId, object.portalId, object.objectType, calls],
  );
}

/** Some records that were modified longer ago than that, of those with the lowest ids. */
export async function knownRecords(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
  agoMs: number,
): Promise<{ readonly id: string; readonly modified: number }[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ id: string; modified: Date }>(
    `SELECT id::text AS id, modified_at AS modified
       FROM (SELECT * FROM crm_records
              WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND archived_at IS NULL
              ORDER BY id LIMIT 100) r
      WHERE modified_at < clock_timestamp() - $4 * interval '1 millisecond' ORDER BY r.id LIMIT 3`,
    [workspaceId, portalId, objectType, agoMs],
  );
  return rows.map(({ id, modified }) => ({ id, modified: modified.getTime() }));
}
