import type { Ending } from '../../domain/throttle/executionStates.js';
import type { Rate } from '../../domain/throttle/rate.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Pool, Queryable } from '../pool.js';
import { retryTransient } from '../retryTransient.js';
import { inWorkspace } from '../tenant.js';
import { FIRST_SEQ, type BeyondBlock, type LaneId } from './lanes.js';
import { TO_REPLAN } from './toReplan.js';
import { resolveRateOfLane } from './ratePrecedence.js';

/** What an operator may change. A field that is undefined stays as it is; null takes the setting away. */
export interface LaneChange {
  readonly rate?: Rate | null | undefined;
  readonly spread?: boolean | undefined;
  readonly paused?: { readonly reason: string | null } | false | undefined;
  readonly maxPerWorkflow?: number | null | undefined;
  readonly beyondBlock?: BeyondBlock | undefined;
}

/**
 * Changes a lane and puts the rate that follows in force, in the caller's transaction. Undefined when the workspace has
 * no such lane.
 */
export async function changeLane(
  client: Queryable,
  workspaceId: string,
  laneId: string,
  change: LaneChange,
  fallback: Rate,
): Promise<{ portalId: number } | undefined> {
  const sets: string[] = [];
  const values: unknown[] = [workspaceId, laneId];
  const set = (column: string, value: unknown): void => void sets.push(`${column} = $${values.push(value)}`);

  if (change.rate !== undefined) {
    set('override_limit', change.rate?.limit ?? null);
    set('override_interval_ms', change.rate?.intervalMs ?? null);
  }
  if (change.spread !== undefined) set('spread', change.spread);
  if (change.maxPerWorkflow !== undefined) set('max_per_workflow', change.maxPerWorkflow);
  if (change.beyondBlock !== undefined) set('beyond_block', change.beyondBlock);
  if (change.paused === false) sets.push('paused_at = NULL', 'pause_reason = NULL');
  else if (change.paused) {
    sets.push('paused_at = coalesce(paused_at, clock_timestamp())');
    set('pause_reason', change.paused.reason);
  }
  if (change.spread !== undefined || change.paused === false) sets.push(TO_REPLAN);
  const { rows } = await client.query<{ portalId: number }>(
    `UPDATE lanes SET ${[...sets, 'updated_at = clock_timestamp()'].join(', ')} WHERE workspace_id = $1 AND id = $2
     RETURNING portal_id::float8 AS "portalId"`,
    values,
  );
  if (rows[0] && change.rate !== undefined) await resolveRateOfLane(client, fallback, laneId);
  return rows[0];
}

const DRAIN_BATCH = 5000;

export interface Drain {
  readonly as: Exclude<Ending, 'expired'>;
  readonly reason?: string | null;
  /**
   * Runs a batch in a transaction of the lane's workspace, in which the caller writes what it tells of. The first batch
   * comes although nothing waits.
   */
  readonly transact?: (mark: (client: Queryable) => Promise<DrainedBatch>) => Promise<DrainedBatch>;
}

interface DrainedBatch {
  readonly marked: number;
  /** Executions up to `upTo` were looked at, those up to `last` are to be; null: there are no more. */
  readonly upTo: string | null;
  readonly last: string | null;
}

/**
 * Marks all executions that wait in a lane now to end out of turn. In batches, each a transaction of its own: neither
 * intake nor release stands still for long. Executions that arrive meanwhile stay. Returns how many were marked.
 */
export async function drainLane(pool: Pool, lane: LaneId, drain: Drain): Promise<number> {
  const { workspaceId, laneId } = lane;
  const { transact = (mark) => inWorkspace(pool, workspaceId, mark) } = drain;
  // A new plan of the lane locks the same rows, in an order of the planner's choosing.
  let batch = await retryTransient(() => transact((client) => beginDrain(client, laneId, drain)));
  let drained = batch.marked;
  while (batch.upTo !== null && batch.last !== null) {
    crashPoint('throttle.drain.batch-marked');
    const range = { after: batch.upTo, last: batch.last };
    batch = await retryTransient(() => transact((client) => markBatch(client, laneId, drain, range)));
    drained += batch.marked;
  }
  return drained;
}

async function beginDrain(client: Queryable, laneId: string, drain: Drain): Promise<DrainedBatch> {
  // An intake that is under way has this lock until it has committed: the executions that it adds are among them.
  await client.query(`UPDATE lanes SET ${TO_REPLAN} WHERE id = $1`, [laneId]);
  const { rows } = await client.query<{ last: string | null }>(
    'SELECT max(seq) AS last FROM executions WHERE lane_id = $1',
    [laneId],
  );
  const last = rows[0]?.last ?? null;
  if (last === null) return { marked: 0, upTo: null, last };
  return markBatch(client, laneId, drain, { after: FIRST_SEQ, last });
}

async function markBatch(
  client: Queryable,
  laneId: string,
  { as, reason = null }: Drain,
  { after, last }: { after: string; last: string },
): Promise<DrainedBatch> {
  const { rows } = await client.query<{ marked: number; upTo: string | null }>(
    `WITH picked AS (
       SELECT id, seq FROM executions
        WHERE lane_id = $1 AND seq > $5 AND seq <= $4 AND grant_id IS NULL AND end_requested IS NULL
        ORDER BY seq LIMIT $6 FOR NO KEY UPDATE
     ), marked AS (
       UPDATE executions e SET end_requested = $2, end_reason = $3 FROM picked p
        WHERE e.id = p.id AND e.grant_id IS NULL RETURNING e.id
     )
     SELECT (SELECT count(*)::int FROM marked) AS marked, (SELECT max(seq) FROM picked) AS "upTo"`,
    [laneId, as, reason, last, after, DRAIN_BATCH],
  );
  return { ...(rows[0] ?? { marked: 0, upTo: null }), last };
}
