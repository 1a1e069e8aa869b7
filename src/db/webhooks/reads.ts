import type { Pool, Queryable } from '../pool.js';
import { takeDue } from '../sync/due.js';
import type { SyncedObject } from '../sync/reader.js';
import { forWorkspace } from '../tenant.js';

/** A record that is to be read, since events have named it. */
export interface AskedRead {
  readonly recordId: string;
  readonly version: string;
  readonly associations: boolean;
  readonly erases: boolean;
}

/** Of which types records are to be read. For the worker: across all workspaces. */
export function readsDue(pool: Pool, most: number): Promise<SyncedObject[]> {
  return takeDue(pool, 'SELECT * FROM webhook_reads_due($1)', [most]);
}

/** Whether records of a type are to be read now: some are asked for, the type is followed, and no failure waits. */
export async function hasReads(
  pool: Pool,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<boolean> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ has: boolean }>({
    name: 'webhook_has_reads',
    text: `SELECT EXISTS (SELECT FROM webhook_reads WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3)
              AND EXISTS (SELECT FROM sync_states s
                           WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3
                             AND s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL)
              AND EXISTS (SELECT FROM portals p WHERE p.portal_id = $2 AND p.workspace_id = $1 AND p.state = 'active')
              AND consumer_behind($1, $2, $3) IS NULL
              AND EXISTS (SELECT FROM sync_passes o
                           WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.pass = 'webhooks'
                             AND (o.failures_in_a_row = 0 OR o.due_at <= clock_timestamp())) AS has`,
    values: [workspaceId, portalId, objectType],
  });
  return rows[0]?.has ?? false;
}

/** The next ones in the order of their ids. */
export async function readsAfter(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  { after, most }: { readonly after: string; readonly most: number },
): Promise<readonly AskedRead[]> {
  const { rows } = await db.query<AskedRead>({
    name: 'webhook_reads_after',
    text: `SELECT record_id::text AS "recordId", version::text, associations, erases FROM webhook_reads
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND record_id > $4
            ORDER BY record_id LIMIT $5`,
    values: [workspaceId, portalId, objectType, after, most],
  });
  return rows;
}

/** They were read. One that was named again since it was listed stays. */
export async function endReads(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  reads: readonly AskedRead[],
): Promise<void> {
  await db.query({
    name: 'webhook_end_reads',
    text: `WITH read AS MATERIALIZED (
             SELECT w.record_id FROM unnest($4::bigint[], $5::bigint[]) WITH ORDINALITY AS r (record_id, version, n),
                    LATERAL (SELECT * FROM webhook_reads w
                              WHERE w.workspace_id = $1 AND w.portal_id = $2 AND w.object_type = $3 AND w.record_id = r.record_id
                                AND w.version = r.version FOR UPDATE) w
           )
           DELETE FROM webhook_reads w
            WHERE w.workspace_id = $1 AND w.portal_id = $2 AND w.object_type = $3
              AND w.record_id = ANY (ARRAY(SELECT record_id FROM read))`,
    values: [
      ...[workspaceId, portalId, objectType],
      reads.map(({ recordId }) => recordId),
      reads.map(({ version }) => version),
    ],
  });
}
