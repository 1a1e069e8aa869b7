import type { Pool, Queryable } from '../pool.js';
import { forWorkspace, workspaceList } from '../tenant.js';
import type { LaneId } from './lanes.js';

export interface PackId {
  readonly workspaceId: string;
  readonly packId: string;
}

export interface PackWorkflow extends PackId {
  readonly workflowId: string;
}

/** What one workflow carries: executions of one lane that ride together. */
export interface Pack extends PackWorkflow {
  readonly portalId: number;
  readonly laneId: string;
  readonly headCallbackId: string;
  readonly size: number;
  /** Until its first execution is due by the plan, from now. */
  readonly dueInMs: number;
}

/** Packs the head of the lane's executions that ride in no workflow yet. Undefined when there is none left. */
export async function takePack(
  db: Queryable,
  { workspaceId, laneId }: LaneId,
  max: number,
): Promise<Pack | undefined> {
  const { rows } = await db.query<Pack>({
    name: 'take_pack',
    text: `SELECT $1::text AS "workspaceId", pack_id AS "packId", $2::text AS "laneId", workflow_id AS "workflowId",
                  portal_id::float8 AS "portalId", head_callback_id AS "headCallbackId", size,
                  (extract(epoch FROM due_at - now_at) * 1000)::float8 AS "dueInMs"
             FROM take_pack($1::text, $2::text::bigint, $3)`,
    values: [workspaceId, laneId, max],
  });
  return rows[0];
}

/** Notes that the pack's workflow has been started. */
export async function markPackStarted(db: Queryable, { workspaceId, packId }: PackId): Promise<void> {
  await db.query({
    name: 'mark_packs_started',
    text: 'SELECT mark_packs_started($1, $2::bigint[])',
    values: [workspaceId, [packId]],
  });
}

/** Of these packs, those that an activity has claimed, or that are done: the truth behind the NOTIFY hints. */
export async function claimedPacks(db: Queryable, packs: readonly PackId[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'claimed_packs',
    text: 'SELECT claimed_packs AS id FROM claimed_packs($1, $2::bigint[])',
    values: [workspaceList(packs.map((pack) => pack.workspaceId)), packs.map((pack) => pack.packId)],
  });
  return rows.map((row) => row.id);
}

/** Notes when the pack's workflow will look next (null: not before a nudge), so that a new plan knows what to wake. */
export async function setPackWake(
  db: Queryable,
  { workspaceId, packId }: PackId,
  inMs: number | null,
): Promise<void> {
  await db.query({
    name: 'set_pack_wake',
    text: 'SELECT set_pack_wake($1, $2, $3)',
    values: [workspaceId, packId, inMs],
  });
}

/** Notes that all executions of the pack have ended. */
export async function finishPack(db: Queryable, { workspaceId, packId }: PackId): Promise<void> {
  await db.query({
    name: 'finish_pack',
    text: 'SELECT finish_pack($1, $2)',
    values: [workspaceId, packId],
  });
}

/**
 * Lanes of any workspace with orphans: executions that have waited longer than `afterMs` for a workflow, since the
 * process that committed them is gone.
 */
export async function lanesWithOrphans(db: Queryable, afterMs: number, max: number): Promise<LaneId[]> {
  const { rows } = await db.query<LaneId>(
    `SELECT workspace_id AS "workspaceId", lane_id AS "laneId" FROM orphan_lanes($1, $2)`,
    [afterMs, max],
  );
  return rows;
}

/** Packs of any workspace to start (again): migrations/functions/throttle/packs_to_start.sql. */
export async function packsToStart(
  db: Queryable,
  afterMs: number,
  overdueMs: number,
  max: number,
): Promise<Pack[]> {
  const { rows } = await db.query<Pack>(
    `SELECT workspace_id AS "workspaceId", pack_id AS "packId", lane_id AS "laneId", workflow_id AS "workflowId",
            portal_id::float8 AS "portalId", head_callback_id AS "headCallbackId", size, due_in_ms AS "dueInMs"
       FROM packs_to_start($1, $2, $3)`,
    [afterMs, overdueMs, max],
  );
  return rows;
}

interface Nudging {
  /** Only packs that are due within this. */
  readonly withinMs: number;
  /** A workflow that oversleeps by less is left alone. */
  readonly slackMs: number;
  readonly max: number;
}

const ASLEEP = `workspace_id AS "workspaceId", pack_id AS "packId", workflow_id AS "workflowId"`;

/** Where the last look at packs ended, and the next one goes on. */
export interface SleepersCursor {
  readonly due: string | null;
  readonly pack: string;
}

export const FIRST_SLEEPER: SleepersCursor = { due: null, pack: '0' };

/**
 * Of the next `max` packs of any workspace that sleep past their time, those that are to be woken, and where to go on
 * (migrations/functions/throttle/packs_asleep.sql).
 */
export async function packsAsleep(
  db: Queryable,
  after: SleepersCursor,
  { withinMs, slackMs, max }: Nudging,
): Promise<{ packs: PackWorkflow[]; next: SleepersCursor }> {
  const { rows } = await db.query<PackWorkflow & { due: string | null; last: string | null }>(
    `SELECT last_due AS due, last_pack AS last, ${ASLEEP} FROM packs_asleep($1, $2, $3, $4, $5)`,
    [withinMs, slackMs, max, after.due, after.pack],
  );
  const [first] = rows;
  return {
    packs: namedIn(rows),
    next: first?.last == null ? FIRST_SLEEPER : { due: first.due, pack: first.last },
  };
}

/** Packs of one lane to be woken (migrations/functions/throttle/nudge_packs.sql). */
export async function packsOfLaneToNudge(
  pool: Pool,
  { workspaceId, laneId }: LaneId,
  options: Nudging,
): Promise<PackWorkflow[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<PackWorkflow>(
    `SELECT ${ASLEEP} FROM nudge_packs($1, $2, $3, $4)`,
    [options.withinMs, options.slackMs, options.max, laneId],
  );
  return rows;
}

/** Packs with executions that are to end out of turn: cancelled, expiring, released by hand. */
export async function packsToEnd(
  pool: Pool,
  { workspaceId, laneId }: LaneId,
  max: number,
): Promise<PackWorkflow[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<PackWorkflow>(
    `SELECT p.workspace_id AS "workspaceId", p.id AS "packId", p.workflow_id AS "workflowId" FROM packs p
      WHERE p.id IN (SELECT pack_id FROM executions
                      WHERE lane_id = $1 AND end_requested IS NOT NULL AND grant_id IS NULL) LIMIT $2`,
    [laneId, max],
  );
  return rows;
}

/**
 * Of the next `max` packs of any workspace after this one: those whose executions have all ended without their workflow
 * seeing it, and where to go on (migrations/functions/throttle/packs_left_over.sql).
 */
export async function packsLeftOver(
  db: Queryable,
  after: string,
  max: number,
): Promise<{ packs: PackWorkflow[]; next: string }> {
  const { rows } = await db.query<PackWorkflow & { last: string | null }>(
    `SELECT last_pack AS last, ${ASLEEP} FROM packs_left_over($1, $2)`,
    [after, max],
  );
  return { packs: namedIn(rows), next: rows[0]?.last ?? FIRST_PACK };
}

/** Below every pack. */
export const FIRST_PACK = '0';

/** The first row says where to go on, also where it names no pack. */
function namedIn(rows: readonly PackWorkflow[]): PackWorkflow[] {
  return rows
    .filter(({ packId }) => packId !== null)
    .map(({ workspaceId, packId, workflowId }) => ({ workspaceId, packId, workflowId }));
}

/** Marks the executions that are left of a pack to end as cancelled. Returns how many. */
export async function cancelPack(pool: Pool, { workspaceId, packId }: PackId): Promise<number> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query(
    `UPDATE executions SET end_requested = 'cancelled' WHERE pack_id = $1 AND end_requested IS NULL`,
    [packId],
  );
  return rowCount ?? 0;
}
