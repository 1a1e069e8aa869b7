import type { Period, Rate } from '../../domain/throttle/rate.js';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { LaneId } from './lanes.js';
import { resolveRatesOfAction } from './ratePrecedence.js';

/** The rate that is set for an action of a portal, in the words in which it was set. */
export interface ActionRate {
  readonly portalId: number;
  readonly actionId: string;
  readonly maxThroughput: number;
  readonly time: number;
  readonly period: Period;
  readonly intervalMs: number;
  readonly updatedAt: Date;
}

const COLUMNS = `portal_id::float8 AS "portalId", action_id AS "actionId",
                 max_throughput AS "maxThroughput", time, period,
                 interval_ms::float8 AS "intervalMs", updated_at AS "updatedAt"`;

/**
 * Sets the rate, and puts it in force for the action's lanes, in the caller's transaction. Undefined when the workspace
 * has no such portal.
 */
export async function setActionRate(
  client: Queryable,
  workspaceId: string,
  rate: Omit<ActionRate, 'updatedAt'>,
  fallback: Rate,
): Promise<{ rate: ActionRate; changedLanes: LaneId[] } | undefined> {
  await lockRates(client, rate.portalId);
  const { rows } = await client.query<ActionRate>(
    `INSERT INTO action_rates (workspace_id, portal_id, action_id, max_throughput, time, period, interval_ms)
     SELECT workspace_id, portal_id, $3, $4, $5, $6, $7 FROM portals WHERE workspace_id = $1 AND portal_id = $2
     ON CONFLICT (portal_id, action_id) DO UPDATE SET
       workspace_id = excluded.workspace_id, max_throughput = excluded.max_throughput, time = excluded.time,
       period = excluded.period, interval_ms = excluded.interval_ms, updated_at = clock_timestamp()
     RETURNING ${COLUMNS}`,
    [workspaceId, rate.portalId, rate.actionId, rate.maxThroughput, rate.time, rate.period, rate.intervalMs],
  );
  if (!rows[0]) return undefined;
  return { rate: rows[0], changedLanes: await putInForce(client, workspaceId, rate, fallback) };
}

/**
 * Removes the rate in the caller's transaction; the action's lanes fall back to the next one that is set. Undefined
 * when there was none.
 */
export async function deleteActionRate(
  client: Queryable,
  workspaceId: string,
  action: { portalId: number; actionId: string },
  fallback: Rate,
): Promise<{ changedLanes: LaneId[] } | undefined> {
  await lockRates(client, action.portalId);
  const { rowCount } = await client.query(
    'DELETE FROM action_rates WHERE workspace_id = $1 AND portal_id = $2 AND action_id = $3',
    [workspaceId, action.portalId, action.actionId],
  );
  return rowCount ? { changedLanes: await putInForce(client, workspaceId, action, fallback) } : undefined;
}

/** Until the end of the transaction no lane of the portal is made: one that was is seen, the next one sees the rate. */
async function lockRates(client: Queryable, portalId: number): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.actionRates('$1')})`, [portalId]);
}

async function putInForce(
  client: Queryable,
  workspaceId: string,
  action: { portalId: number; actionId: string },
  fallback: Rate,
): Promise<LaneId[]> {
  // The intake locks lanes in the order of their ids; an update in another order could deadlock with it.
  await client.query(
    'SELECT 1 FROM lanes WHERE portal_id = $1 AND action_id = $2 ORDER BY id FOR NO KEY UPDATE',
    [action.portalId, action.actionId],
  );
  const changed = await resolveRatesOfAction(client, fallback, action.portalId, action.actionId);
  return changed.map((laneId) => ({ workspaceId, laneId }));
}

export async function findActionRate(
  pool: Pool,
  workspaceId: string,
  portalId: number,
  actionId: string,
): Promise<ActionRate | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<ActionRate>(
    `SELECT ${COLUMNS} FROM action_rates WHERE workspace_id = $1 AND portal_id = $2 AND action_id = $3`,
    [workspaceId, portalId, actionId],
  );
  return rows[0];
}

/** At most `limit` of them, ordered by portal and action. */
export async function listActionRates(
  pool: Pool,
  workspaceId: string,
  page: {
    portalId: number | undefined;
    after: { portalId: number; actionId: string } | undefined;
    limit: number;
  },
): Promise<ActionRate[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<ActionRate>(
    `SELECT ${COLUMNS} FROM action_rates
      WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2)
        AND (portal_id, action_id) > ($3::bigint, $4::text)
      ORDER BY portal_id, action_id LIMIT $5`,
    [workspaceId, page.portalId ?? null, page.after?.portalId ?? 0, page.after?.actionId ?? '', page.limit],
  );
  return rows;
}
