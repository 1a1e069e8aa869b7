import { WAITING_STATES, type Ending, type ExecutionState } from '../../domain/throttle/executionStates.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** An execution as an operator sees it, whether it waits or has ended. */
export interface ExecutionView {
  readonly id: string;
  readonly portalId: number;
  readonly callbackId: string;
  readonly laneId: string | null;
  readonly state: ExecutionState;
  /** Why it ended so, or is to end so. While it waits for a portal that is not active: the portal's state. */
  readonly reason: string | null;
  readonly endRequested: Ending | null;
  readonly source: string | null;
  readonly objectId: string | null;
  readonly attempts: number;
  readonly receivedAt: Date;
  readonly plannedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly finishedAt: Date | null;
  /** From its arrival until it ended, or until now. */
  readonly waitedMs: number;
  /** The Temporal workflow in which it rides or rode. */
  readonly workflowId: string | null;
}

const STATE_WAITING = `CASE WHEN e.grant_id IS NULL THEN 'waiting' ELSE 'sending' END`;
const WAITING = `
  SELECT e.id, e.portal_id, e.callback_id, e.lane_id, ${STATE_WAITING} AS state, e.end_reason AS reason,
         e.end_requested, e.source, e.object_id, e.attempts, e.received_at, e.planned_at, e.expires_at,
         NULL::timestamptz AS finished_at, e.pack_id
    FROM executions e`;
const ENDED = `
  SELECT e.id, e.portal_id, e.callback_id, e.lane_id, e.state, e.reason, NULL::text AS end_requested,
         e.source, e.object_id, e.attempts, e.received_at, e.planned_at, e.expires_at, e.finished_at, e.pack_id
    FROM execution_history e`;
const VIEW = `
  SELECT x.id, x.portal_id::float8 AS "portalId", x.callback_id AS "callbackId", x.lane_id AS "laneId", x.state,
         coalesce(x.reason, CASE WHEN x.finished_at IS NULL THEN (
           SELECT 'The portal is ' || o.state || coalesce(': ' || o.state_reason, '') FROM portals o
            WHERE o.portal_id = x.portal_id AND o.state <> 'active') END) AS reason,
         x.end_requested AS "endRequested", x.source, x.object_id AS "objectId", x.attempts,
         x.received_at AS "receivedAt", x.planned_at AS "plannedAt", x.expires_at AS "expiresAt",
         x.finished_at AS "finishedAt", p.workflow_id AS "workflowId",
         round(extract(epoch FROM coalesce(x.finished_at, clock_timestamp()) - x.received_at) * 1000)::float8
           AS "waitedMs"`;

const PORTALS_OF_WORKSPACE = 'SELECT o.portal_id FROM portals o WHERE o.workspace_id = $1';

export interface ExecutionFilter {
  readonly portalId?: number | undefined;
  readonly laneId?: string | undefined;
  readonly state?: ExecutionState | undefined;
  /** HubSpot's name for the call. */
  readonly callbackId?: string | undefined;
  /** HubSpot's id of the record. */
  readonly objectId?: string | undefined;
  /** Only executions older than the one with this id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * At most `limit` executions, newest first, waiting and ended ones alike. In one statement: an execution that ends
 * meanwhile is not missed.
 */
export async function listExecutions(
  pool: Pool,
  workspaceId: string,
  filter: ExecutionFilter,
): Promise<ExecutionView[]> {
  const values: unknown[] = [workspaceId, filter.limit];
  const conditions = ['e.workspace_id = $1'];
  const where = (condition: (n: string) => string, value: unknown): void => {
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  };
  where((n) => `e.portal_id = ${n}`, filter.portalId);
  where((n) => `e.lane_id = ${n}::bigint`, filter.laneId);
  // A lane belongs to one portal, and it is the portal by which the history is indexed.
  where((n) => `e.portal_id = (SELECT l.portal_id FROM lanes l WHERE l.id = ${n}::bigint)`, filter.laneId);
  where((n) => `e.id < ${n}::bigint`, filter.after);
  where((n) => `e.object_id = ${n}`, filter.objectId);
  // Keys are found by portal and callback, and are kept for longer than what they name.
  where(
    (n) =>
      `e.id = ANY (ARRAY(SELECT k.execution_id FROM execution_keys k
                          WHERE k.portal_id = ANY (ARRAY(${PORTALS_OF_WORKSPACE})) AND k.callback_id = ${n}))`,
    filter.callbackId,
  );

  const isWaiting =
    filter.state !== undefined && (WAITING_STATES as readonly string[]).includes(filter.state);
  const page = (select: string, extra: string[]): string =>
    `(${select} WHERE ${[...conditions, ...extra].join(' AND ')} ORDER BY e.id DESC LIMIT $2)`;
  const parts: string[] = [];
  if (filter.state === undefined || isWaiting) {
    parts.push(
      page(WAITING, isWaiting ? [`e.grant_id IS ${filter.state === 'waiting' ? '' : 'NOT '}NULL`] : []),
    );
  }
  if (!isWaiting)
    parts.push(page(ENDED, filter.state === undefined ? [] : [`e.state = $${values.push(filter.state)}`]));

  const { rows } = await forWorkspace(pool, workspaceId).query<ExecutionView>(
    `${VIEW} FROM (SELECT * FROM (${parts.join(' UNION ALL ')}) u ORDER BY id DESC LIMIT $2) x
       LEFT JOIN packs p ON p.id = x.pack_id ORDER BY x.id DESC`,
    values,
  );
  return rows;
}

export async function findExecution(
  pool: Pool,
  workspaceId: string,
  id: string,
): Promise<ExecutionView | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<ExecutionView>(
    `${VIEW} FROM (${WAITING} WHERE e.id = $2 AND e.workspace_id = $1 UNION ALL
                   (${ENDED} WHERE e.id = $2 AND e.workspace_id = $1 ORDER BY e.finished_at DESC LIMIT 1)) x
       LEFT JOIN packs p ON p.id = x.pack_id LIMIT 1`,
    [workspaceId, id],
  );
  return rows[0];
}

export interface Outlook {
  /** How many executions of its lane go before it. */
  readonly position: number;
  /** When its window is expected to let it go; null while the lane is paused or the portal not active. */
  readonly eta: Date | null;
  readonly etaMs: number | null;
}

/** When a waiting execution will go. Undefined when it does not wait (any more), or ends out of turn. */
export async function outlookOf(
  pool: Pool,
  workspaceId: string,
  id: string,
  holdMs: number,
): Promise<Outlook | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Outlook>(
    `SELECT position::int, at AS eta,
            CASE WHEN at IS NOT NULL
                 THEN greatest(0, round(extract(epoch FROM at - clock_timestamp()) * 1000)) END::float8 AS "etaMs"
       FROM (SELECT ahead.position,
                    CASE WHEN r.estimate IS NOT NULL
                         THEN greatest(r.estimate, e.starts_at, e.received_at + $2::bigint * interval '1 millisecond') END AS at
               FROM executions e JOIN lanes l ON l.id = e.lane_id,
               LATERAL (SELECT count(*) AS position FROM executions o
                         WHERE o.lane_id = e.lane_id AND o.seq < e.seq
                           AND o.grant_id IS NULL AND o.end_requested IS NULL AND o.starts_at IS NULL) ahead,
               LATERAL (SELECT release_estimate(l.id, ahead.position) AS estimate) r
              WHERE e.id = $1 AND e.grant_id IS NULL AND e.end_requested IS NULL) a`,
    [id, holdMs],
  );
  return rows[0];
}

/** The body of a call that could not be understood, as it came. Undefined when there is none. */
export async function rejectedPayload(
  pool: Pool,
  workspaceId: string,
  id: string,
): Promise<Buffer | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ payload: Buffer | null }>(
    `SELECT payload FROM execution_history WHERE id = $2 AND workspace_id = $1 AND state = 'rejected' LIMIT 1`,
    [workspaceId, id],
  );
  return rows[0]?.payload ?? undefined;
}
