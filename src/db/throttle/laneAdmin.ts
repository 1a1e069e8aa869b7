import type { PortalState } from '../../domain/portals/portal.js';
import type { Rate } from '../../domain/throttle/rate.js';
import { isTransientDatabaseError, type Pool, type Queryable } from '../pool.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
import type { LaneId } from './packs.js';
import { resolveRateOfLane, type RateSource } from './lanes.js';

export type BeyondBlock = 'refuse' | 'hold';

/** A lane as an operator sees it: what is set, what is in force, and how full it is now. */
export interface LaneView {
  readonly id: string;
  readonly portalId: number;
  readonly key: string;
  readonly queue: string | null;
  readonly workflowId: string | null;
  readonly step: string | null;
  readonly actionId: string | null;
  readonly rateLimit: number;
  readonly rateIntervalMs: number;
  readonly rateSource: RateSource;
  readonly overrideLimit: number | null;
  readonly overrideIntervalMs: number | null;
  readonly rateNote: string | null;
  readonly spread: boolean;
  readonly beyondBlock: BeyondBlock;
  readonly maxPerWorkflow: number | null;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  /** While it is not `active`, nothing is let go. */
  readonly portalState: PortalState;
  readonly portalStateReason: string | null;
  /** Waiting and not being sent. */
  readonly waiting: number;
  readonly sending: number;
  readonly oldestWaitingMs: number | null;
  /** Places of the window that are taken now; more than the limit just after the rate was lowered. */
  readonly windowUsed: number;
  /** When the next place comes free; null: when the answer to what is being sent is one interval old. */
  readonly nextFreeInMs: number | null;
}

/**
 * A place is taken from the grant until one interval after its answer. The next one comes free when so many have left that
 * fewer than N remain: usually the oldest, later ones while more than N are taken.
 */
const VIEW = `
  SELECT l.id, l.portal_id::float8 AS "portalId", l.key, l.queue, l.workflow_id AS "workflowId", l.step, l.action_id AS "actionId",
         l.rate_limit AS "rateLimit", l.rate_interval_ms::float8 AS "rateIntervalMs", l.rate_source AS "rateSource",
         l.override_limit AS "overrideLimit", l.override_interval_ms::float8 AS "overrideIntervalMs", l.rate_note AS "rateNote",
         l.spread, l.beyond_block AS "beyondBlock", l.max_per_workflow AS "maxPerWorkflow", l.paused_at AS "pausedAt",
         l.pause_reason AS "pauseReason", o.state AS "portalState", o.state_reason AS "portalStateReason", e.waiting, e.sending, e.oldest::float8 AS "oldestWaitingMs", w.used AS "windowUsed",
         CASE WHEN w.used < l.rate_limit THEN 0 ELSE (extract(epoch FROM w.free_at - n.now) * 1000)::float8 END AS "nextFreeInMs"
    FROM (SELECT clock_timestamp() AS now) n, lanes l JOIN portals o ON o.portal_id = l.portal_id,
    LATERAL (
      SELECT (count(*) FILTER (WHERE x.grant_id IS NULL))::int AS waiting, (count(*) FILTER (WHERE x.grant_id IS NOT NULL))::int AS sending,
             extract(epoch FROM n.now - min(x.received_at) FILTER (WHERE x.grant_id IS NULL)) * 1000 AS oldest
        FROM executions x WHERE x.lane_id = l.id) e,
    LATERAL (
      SELECT coalesce(max(g.upto), 0)::int AS used,
             min(g.answered_at) FILTER (WHERE g.upto > g.total - l.rate_limit) + l.rate_interval_ms * interval '1 millisecond' AS free_at
        FROM (SELECT o.answered_at, sum(o.count) OVER (ORDER BY o.answered_at NULLS LAST, o.id) AS upto, sum(o.count) OVER () AS total
                FROM lane_grants o
               WHERE o.lane_id = l.id AND o.count > 0
                 AND (o.answered_at IS NULL OR o.answered_at > n.now - l.rate_interval_ms * interval '1 millisecond')) g) w
   WHERE l.workspace_id = $1`;

export async function listLanes(
  pool: Pool,
  workspaceId: string,
  page: { portalId: number | undefined; after: string | undefined; limit: number },
): Promise<LaneView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<LaneView>(
    `${VIEW} AND ($2::bigint IS NULL OR l.portal_id = $2) AND l.id > $3::bigint ORDER BY l.id LIMIT $4`,
    [workspaceId, page.portalId ?? null, page.after ?? '0', page.limit],
  );
  return rows;
}

export async function findLane(
  pool: Pool,
  workspaceId: string,
  laneId: string,
): Promise<LaneView | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<LaneView>(`${VIEW} AND l.id = $2`, [
    workspaceId,
    laneId,
  ]);
  return rows[0];
}

/** What an operator may change. A field that is undefined stays as it is; null takes the setting away. */
export interface LaneChange {
  readonly rate?: Rate | null | undefined;
  readonly spread?: boolean | undefined;
  readonly paused?: { readonly reason: string | null } | false | undefined;
  readonly maxPerWorkflow?: number | null | undefined;
  readonly beyondBlock?: BeyondBlock | undefined;
}

/** Changes a lane and puts the rate that follows in force, in the caller's transaction. Undefined when the lane is not this workspace's. */
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
  const { rows } = await client.query<{ portalId: number }>(
    `UPDATE lanes SET ${[...sets, 'updated_at = clock_timestamp()'].join(', ')} WHERE workspace_id = $1 AND id = $2
     RETURNING portal_id::float8 AS "portalId"`,
    values,
  );
  if (rows[0] && change.rate !== undefined) await resolveRateOfLane(client, fallback, laneId);
  return rows[0];
}

const DRAIN_BATCH = 5000;
const FIRST_SEQ = '-9223372036854775808';

/**
 * Marks what waits in a lane now to end out of turn. In batches, each a transaction of its own: neither intake nor release
 * stands still for long. What arrives meanwhile stays. Returns how many were marked.
 */
export async function drainLane(
  pool: Pool,
  { workspaceId, laneId }: LaneId,
  as: 'released' | 'cancelled',
  reason: string | null = null,
): Promise<number> {
  const last = await inWorkspace(pool, workspaceId, async (client) => {
    // An intake that is under way holds this lock until it has committed: what it takes is among them.
    await client.query('SELECT 1 FROM lanes WHERE id = $1 FOR NO KEY UPDATE', [laneId]);
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
    const batch = await repeatOnDeadlock(() => drainBatch(db, laneId, { as, reason, after: from, last }));
    drained += batch.marked;
    after = batch.upTo;
  }
  return drained;
}

async function drainBatch(
  db: Queryable,
  laneId: string,
  { as, reason, after, last }: { as: string; reason: string | null; after: string; last: string },
): Promise<{ marked: number; upTo: string | null }> {
  const { rows } = await db.query<{ marked: number; upTo: string | null }>(
    `WITH picked AS (
       SELECT id, seq FROM executions WHERE lane_id = $1 AND seq > $5 AND seq <= $4 AND grant_id IS NULL AND end_requested IS NULL
        ORDER BY seq LIMIT $6 FOR NO KEY UPDATE
     ), marked AS (
       UPDATE executions e SET end_requested = $2, end_reason = $3 FROM picked p WHERE e.id = p.id AND e.grant_id IS NULL RETURNING e.id
     )
     SELECT (SELECT count(*)::int FROM marked) AS marked, (SELECT max(seq) FROM picked) AS "upTo"`,
    [laneId, as, reason, last, after, DRAIN_BATCH],
  );
  return rows[0] ?? { marked: 0, upTo: null };
}

/** For what touches rows of a lane that a new plan of it touches as well, in an order of the planner's choosing. */
export async function repeatOnDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 3 || !isTransientDatabaseError(error)) throw error;
    }
  }
}
