import type pg from 'pg';
import type { PassName } from '../../domain/sync/passes.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../tombstoneKey.js';
import { takeDue } from './due.js';
import { readsDue } from '../webhooks/reads.js';
import { LEASE_MS, type SyncedObject, type SyncReader } from './reader.js';

/** So many types of one workspace are in a pass of one kind at a time: the others' slots are not for it. */
const MOST_OF_A_WORKSPACE = 4;

/** Who does a pass over a portal's records of one type. Its fence is that of the pass, not of who reads the type. */
export interface PassReader extends SyncReader {
  readonly pass: PassName;
}

export interface PassClaim {
  readonly reader: PassReader;
  /** Where the pass goes on. Null: at its beginning. */
  readonly cursor: unknown;
  readonly failures: number;
  /** When it would have been due next, as the database writes it. Another time: it was asked for meanwhile. */
  readonly dueAt: string;
}

/** Sets a pass due now, also one that is being done: it goes through once more then. An assignment of `sync_passes`. */
export const DUE_NOW = `due_at = CASE WHEN lease_until > clock_timestamp() THEN clock_timestamp() ELSE least(due_at, clock_timestamp()) END`;

/** What the pass is to do now and nobody does. For the worker: across all workspaces. */
export function passesDue(pool: Pool, pass: PassName, most: number): Promise<SyncedObject[]> {
  if (pass === 'webhooks') return readsDue(pool, most);
  return takeDue(pool, 'SELECT * FROM sync_passes_due($1, $2)', [pass, most]);
}

/** Takes a pass in hand. Undefined: somebody has it, or its type is not to be read. */
export async function claimPass(
  pool: Pool,
  object: SyncedObject,
  pass: PassName,
): Promise<PassClaim | undefined> {
  const { rows } = await forWorkspace(pool, object.workspaceId).query<{
    fence: number;
    cursor: unknown;
    epoch: number;
    failures: number;
    dueAt: string;
  }>(
    `UPDATE sync_passes o
        SET fence = o.fence + 1, lease_until = clock_timestamp() + $5 * interval '1 millisecond',
            began_at = CASE WHEN o.began_at IS NULL OR o.ended_at >= o.began_at THEN clock_timestamp() ELSE o.began_at END,
            seen = CASE WHEN o.ended_at >= o.began_at THEN 0 ELSE o.seen END,
            changed = CASE WHEN o.ended_at >= o.began_at THEN 0 ELSE o.changed END,
            found = CASE WHEN o.ended_at >= o.began_at THEN '{}' ELSE o.found END
       FROM sync_states s, portals p
      WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 AND o.pass = $4
        AND (o.lease_until IS NULL OR o.lease_until <= clock_timestamp())
        AND s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3
        AND s.loaded_at IS NOT NULL AND s.paused_at IS NULL AND s.ended_at IS NULL
        AND p.portal_id = $2 AND p.workspace_id = $1 AND p.state = 'active' AND consumer_behind($1, $2, $3) IS NULL
        AND (SELECT count(*) FROM sync_passes l WHERE l.workspace_id = $1 AND l.pass = $4 AND l.lease_until > clock_timestamp()) < $6
     RETURNING o.fence, o.cursor, o.failures_in_a_row AS failures, o.due_at::text AS "dueAt", p.epoch`,
    [object.workspaceId, object.portalId, object.objectType, pass, LEASE_MS, MOST_OF_A_WORKSPACE],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { epoch, fence, ...claim } = row;
  return { reader: { ...object, pass, epoch, fence }, ...claim };
}

/** Says that the reader is there. False: its place is another's. */
export async function renewPass(pool: Pool, reader: PassReader): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, reader.workspaceId).query(
    `UPDATE sync_passes SET lease_until = clock_timestamp() + $6 * interval '1 millisecond'
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = $4 AND fence = $5`,
    [...keyOf(reader), reader.fence, LEASE_MS],
  );
  return rowCount === 1;
}

/** How a reader leaves its pass. */
export interface LeavingPass {
  /** Until it goes on, or its next round begins. */
  readonly dueInMs: number;
  /** Its round has come to its end. */
  readonly isThrough: boolean;
  /** Of its claim. */
  readonly dueAt: string;
  /** Where it goes on, if not where its last step has put it. */
  readonly cursor?: unknown;
  readonly failure?: { readonly errorClass: string; readonly message: string } | undefined;
}

/**
 * Gives the pass back; what was asked for while its last round ran is due at once. False: it was another's by then, and
 * nothing was changed.
 */
export async function leavePass(pool: Pool, reader: PassReader, leaving: LeavingPass): Promise<boolean> {
  const { dueInMs, isThrough, dueAt, cursor, failure } = leaving;
  const { rowCount } = await forWorkspace(pool, reader.workspaceId).query(
    `UPDATE sync_passes
        SET lease_until = NULL,
            due_at = CASE WHEN $7 AND asked_at > began_at THEN clock_timestamp() WHEN $7 AND due_at <> $12::timestamptz THEN due_at ELSE clock_timestamp() + $6 * interval '1 millisecond' END,
            cursor = CASE WHEN $10 THEN $11::jsonb ELSE cursor END,
            ended_at = CASE WHEN $7 THEN clock_timestamp() ELSE ended_at END,
            failures_in_a_row = CASE WHEN $8::text IS NULL THEN 0 ELSE failures_in_a_row + 1 END,
            error_class = $8, last_error = $9
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = $4 AND fence = $5`,
    [
      ...keyOf(reader),
      reader.fence,
      dueInMs,
      isThrough,
      failure?.errorClass ?? null,
      failure?.message ?? null,
      cursor !== undefined,
      cursor === undefined || cursor === null ? null : JSON.stringify(cursor),
      dueAt,
    ],
  );
  return rowCount === 1;
}

/** What they bring HubSpot's webhooks had to tell of. */
const POLLS: ReadonlySet<string> = new Set(['settled', 'archived', 'audit']);

/** What a step of a pass leaves behind. */
export interface PassStepWritten {
  /** Where the pass goes on. */
  readonly cursor: unknown;
  readonly seen: number;
  /** As what its changes are counted. Absent: the pass. */
  readonly source?: string | undefined;
  /** It may delete or merge records: the rows of the portal's other types are locked, too. */
  readonly isWide?: boolean | undefined;
  /** What it has counted of its own, by name: added to that of the round. */
  readonly found?: ((client: pg.PoolClient) => Promise<Readonly<Record<string, number>>>) | undefined;
  /** Writes what the step found, in the step's transaction, and returns how many records that changed. */
  readonly write?: ((client: pg.PoolClient) => Promise<number>) | undefined;
}

/**
 * Writes a step with the pass's cursor, all or nothing. The row of portal and type is locked before anything is
 * written. Undefined: the reader has lost its place, and nothing was written.
 */
export function writePassStep(
  { pool, tombstones }: { readonly pool: Pool; readonly tombstones?: Pick<TombstoneKeys, 'of'> | undefined },
  reader: PassReader,
  { cursor, seen, source, isWide = false, found, write }: PassStepWritten,
): Promise<number | undefined> {
  const { workspaceId, portalId, objectType, pass } = reader;
  const inStep = async (client: pg.PoolClient) => {
    const { rows } = await client.query<{ entered: boolean }>({
      name: 'sync_enter_pass',
      text: 'SELECT sync_enter_pass($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS entered',
      values: [
        ...keyOf(reader),
        ...[reader.epoch, reader.fence],
        ...[cursor === null ? null : JSON.stringify(cursor), seen, LEASE_MS, isWide],
      ],
    });
    if (!rows[0]?.entered) return undefined;
    const counted = await found?.(client);
    const changed = (await write?.(client)) ?? 0;
    if (changed > 0 && pass !== 'properties')
      await client.query(
        `UPDATE sync_states SET seen_first = seen_first || jsonb_build_object($4::text, coalesce((seen_first ->> $4)::bigint, 0) + $5)
          WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
        [workspaceId, portalId, objectType, source ?? pass, changed],
      );
    if (changed > 0 && POLLS.has(pass))
      // Of what changed since the last round has ended.
      await client.query(
        `SELECT webhook_missed($1, $2, $3, $5, ended_at) FROM sync_passes
          WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = $4`,
        [...keyOf(reader), changed],
      );
    if (changed > 0 || counted)
      await client.query(
        `UPDATE sync_passes
            SET changed = changed + $5,
                found = found || (SELECT coalesce(jsonb_object_agg(f.key, f.value::bigint + coalesce((found ->> f.key)::bigint, 0)), '{}')
                                    FROM jsonb_each_text($6) f)
          WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = $4`,
        [...keyOf(reader), changed, counted ?? {}],
      );
    return changed;
  };
  return withTombstoneKey(tombstones, reader, (key) => inWorkspaceWith(pool, workspaceId, key, inStep));
}

function keyOf({ workspaceId, portalId, objectType, pass }: PassReader) {
  return [workspaceId, portalId, objectType, pass] as const;
}
