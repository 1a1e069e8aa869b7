import type { Ending } from '../../domain/throttle/executionStates.js';
import type { Rate } from '../../domain/throttle/rate.js';
import type { Pool, Queryable } from '../pool.js';
import { retryTransient } from '../retryTransient.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
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

/**
 * Marks all executions that wait in a lane now to end out of turn. In batches, each a transaction of its own: neither
 * intake nor release stands still for long. Executions that arrive meanwhile stay. Returns how many were marked.
 */
export async function drainLane(
  pool: Pool,
  { workspaceId, laneId }: LaneId,
  as: Exclude<Ending, 'expired'>,
  reason: string | null = null,
): Promise<number> {
  const last = await inWorkspace(pool, workspaceId, async (client) => {
    // An intake that is under way has this lock until it has committed: the executions that it adds are among them.
    await client.query(`UPDATE lanes SET ${TO_REPLAN} WHERE id = $1`, [laneId]);
    const { rows } = await client.query<{ last: string | null }>(
      'SELECT max(seq) AS last FROM executions WHERE lane_id = $1',
      [laneId],
    );
    return rows[0]?.last ?? null;
  });
  if (last === null) return 0;
  const db = forWorkspace(pool, workspaceId);
  let drained = 0;
  for (let after: string | null = FIRST_SEQ; after !== null;) {
    const from: string = after;
    // A new plan of the lane locks the same rows, in an order of the planner's choosing.
    const batch = await retryTransient(() => drainBatch(db, laneId, { as, reason, after: from, last }));
    drained += batch.marked;
    after = batch.upTo;
  }
  return drained;
}

async function drainBatch(
  db: Queryable,
  laneId: string,
  { as, reason, after, last }: { as: Ending; reason: string | null; after: string; last: string },
): Promise<{ marked: number; upTo: string | null }> {
  const { rows } = await db.query<{ marked: number; upTo: string | null }>(
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
  return rows[0] ?? { marked: 0, upTo: null };
}
