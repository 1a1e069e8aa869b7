import type { Queryable } from '../pool.js';

/** A workflow's load: the executions of one lane that ride together. */
export interface Pack {
  readonly packId: string;
  readonly workflowId: string;
  readonly portalId: number;
  readonly laneId: string;
  readonly headCallbackId: string;
  readonly size: number;
  /** Until its first execution is due by the plan, from now. */
  readonly dueInMs: number;
}

/** Takes the head of what rides in no workflow yet. Undefined when nothing is left of that lane. */
export async function takePack(db: Queryable, laneId: string, most: number): Promise<Pack | undefined> {
  const { rows } = await db.query<Pack>({
    name: 'take_pack',
    text: `SELECT pack_id AS "packId", $1::text AS "laneId", workflow_id AS "workflowId", portal_id::float8 AS "portalId",
                  head_callback_id AS "headCallbackId", size,
                  (extract(epoch FROM due_at - now_at) * 1000)::float8 AS "dueInMs"
             FROM take_pack($1::text::bigint, $2)`,
    values: [laneId, most],
  });
  return rows[0];
}

export async function markPacksStarted(db: Queryable, packIds: readonly string[]): Promise<void> {
  await db.query({
    name: 'mark_packs_started',
    text: 'UPDATE packs SET started_at = clock_timestamp() WHERE id = ANY($1::bigint[]) AND started_at IS NULL',
    values: [packIds],
  });
}

/** Of these packs, those that an activity has claimed (or that are done): the truth behind the NOTIFY hints. */
export async function claimedPacks(db: Queryable, packIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'claimed_packs',
    text: 'SELECT id FROM packs WHERE id = ANY($1::bigint[]) AND (claimed_at IS NOT NULL OR done_at IS NOT NULL)',
    values: [packIds],
  });
  return rows.map((row) => row.id);
}

/** Notes when the pack's workflow will look next (null: not before a nudge), so that a new plan knows whom to wake. */
export async function setPackWake(db: Queryable, packId: string, inMs: number | null): Promise<void> {
  await db.query({
    name: 'set_pack_wake',
    text: `UPDATE packs SET wake_at = clock_timestamp() + $2::float8 * interval '1 millisecond' WHERE id = $1`,
    values: [packId, inMs],
  });
}

export async function finishPack(db: Queryable, packId: string): Promise<void> {
  await db.query({
    name: 'finish_pack',
    text: 'UPDATE packs SET done_at = clock_timestamp() WHERE id = $1 AND done_at IS NULL',
    values: [packId],
  });
}

/** Lanes whose executions have waited longer than `afterMs` for a workflow: the process that committed them is gone. */
export async function lanesWithStrays(db: Queryable, afterMs: number, most: number): Promise<string[]> {
  const { rows } = await db.query<{ laneId: string }>(
    `SELECT DISTINCT lane_id AS "laneId" FROM executions
      WHERE pack_id IS NULL AND received_at < clock_timestamp() - $1::float8 * interval '1 millisecond' LIMIT $2`,
    [afterMs, most],
  );
  return rows.map((row) => row.laneId);
}

/**
 * Packs to start (again): never started `afterMs` after they were made, or overdue by `overdueMs` with executions left and the
 * lane running, which means that their workflow is gone or deaf. Starting one that runs is a no-op.
 */
export async function packsToStart(
  db: Queryable,
  afterMs: number,
  overdueMs: number,
  most: number,
): Promise<Pack[]> {
  const { rows } = await db.query<Pack>(
    `SELECT p.id AS "packId", p.lane_id AS "laneId", p.workflow_id AS "workflowId", p.portal_id::float8 AS "portalId",
            p.head_callback_id AS "headCallbackId", p.size, (extract(epoch FROM p.due_at - clock_timestamp()) * 1000)::float8 AS "dueInMs"
       FROM packs p JOIN lanes l ON l.id = p.lane_id
      WHERE p.done_at IS NULL
        AND ((p.started_at IS NULL AND p.created_at < clock_timestamp() - $1::float8 * interval '1 millisecond')
          OR (p.started_at IS NOT NULL AND l.paused_at IS NULL
              AND greatest(p.due_at, coalesce(p.wake_at, p.due_at)) < clock_timestamp() - $2::float8 * interval '1 millisecond'))
        AND EXISTS (SELECT 1 FROM executions e WHERE e.pack_id = p.id)
      ORDER BY p.due_at LIMIT $3`,
    [afterMs, overdueMs, most],
  );
  return rows;
}

/**
 * Packs whose workflow sleeps past the moment that the plan now gives them, by more than `slackMs`, and that are due within
 * `withinMs`; head first. Their wake time is set, so that the next sweep does not name them again.
 */
export async function packsToNudge(
  db: Queryable,
  options: { withinMs: number; slackMs: number; most: number; laneId?: string },
): Promise<{ packId: string; workflowId: string }[]> {
  const { rows } = await db.query<{ packId: string; workflowId: string }>(
    `UPDATE packs p SET wake_at = p.due_at FROM (
       SELECT id FROM packs
        WHERE done_at IS NULL AND started_at IS NOT NULL AND due_at < clock_timestamp() + $1::float8 * interval '1 millisecond'
          AND (wake_at IS NULL OR wake_at > due_at + $2::float8 * interval '1 millisecond')
          AND ($4::bigint IS NULL OR lane_id = $4)
          AND NOT EXISTS (SELECT 1 FROM lanes l WHERE l.id = packs.lane_id AND l.paused_at IS NOT NULL)
        ORDER BY due_at LIMIT $3) due
      WHERE p.id = due.id
      RETURNING p.id AS "packId", p.workflow_id AS "workflowId"`,
    [options.withinMs, options.slackMs, options.most, options.laneId ?? null],
  );
  return rows;
}

/** Packs of which something is to end out of turn: cancelled, expiring, released by hand. */
export async function packsToEnd(
  db: Queryable,
  laneId: string,
  most: number,
): Promise<{ packId: string; workflowId: string }[]> {
  const { rows } = await db.query<{ packId: string; workflowId: string }>(
    `SELECT p.id AS "packId", p.workflow_id AS "workflowId" FROM packs p
      WHERE p.id IN (SELECT pack_id FROM executions WHERE lane_id = $1 AND end_requested IS NOT NULL AND grant_id IS NULL) LIMIT $2`,
    [laneId, most],
  );
  return rows;
}

/**
 * Packs whose executions have all ended (another workflow's activity let them go) and whose own workflow does not see it: it
 * sleeps, was never started, or is gone.
 */
export async function packsToFinish(
  db: Queryable,
  most: number,
): Promise<{ packId: string; workflowId: string }[]> {
  const { rows } = await db.query<{ packId: string; workflowId: string }>(
    `SELECT p.id AS "packId", p.workflow_id AS "workflowId" FROM packs p
      WHERE p.done_at IS NULL AND coalesce(p.started_at, p.created_at) < clock_timestamp() - interval '10 seconds'
        AND (p.started_at IS NULL OR p.wake_at IS NULL OR p.wake_at > clock_timestamp() + interval '10 seconds'
             OR p.wake_at < clock_timestamp() - interval '1 minute')
        AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.pack_id = p.id)
      ORDER BY p.due_at LIMIT $1`,
    [most],
  );
  return rows;
}
