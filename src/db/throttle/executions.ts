import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

export const WAITING_STATES = ['waiting', 'sending'] as const;
export const TERMINAL_STATES = [
  'completed',
  'refused',
  'expired',
  'cancelled',
  'failed',
  'gone',
  'rejected',
] as const;
export const EXECUTION_STATES = [...WAITING_STATES, ...TERMINAL_STATES] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

/** States in which HubSpot has had no answer from us that it took: only these can be sent again without contradicting one. */
export const RETRIABLE_STATES: readonly ExecutionState[] = ['failed', 'gone'];

export interface ExecutionView {
  readonly id: string;
  readonly portalId: number;
  readonly callbackId: string;
  readonly laneId: string | null;
  readonly state: ExecutionState;
  /** Why it ended so, or is to end so; for one that waits, what holds it up beside its lane: the portal's state. */
  readonly reason: string | null;
  readonly endRequested: 'released' | 'cancelled' | 'expired' | null;
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
  SELECT e.id, e.portal_id, e.callback_id, e.lane_id, ${STATE_WAITING} AS state, e.end_reason AS reason, e.end_requested, e.source, e.object_id,
         e.attempts, e.received_at, e.planned_at, e.expires_at, NULL::timestamptz AS finished_at, e.pack_id
    FROM executions e`;
const ENDED = `
  SELECT e.id, e.portal_id, e.callback_id, e.lane_id, e.state, e.reason, NULL::text AS end_requested, e.source, e.object_id,
         e.attempts, e.received_at, e.planned_at, e.expires_at, e.finished_at, e.pack_id
    FROM execution_history e`;
const VIEW = `
  SELECT x.id, x.portal_id::float8 AS "portalId", x.callback_id AS "callbackId", x.lane_id AS "laneId", x.state,
         coalesce(x.reason, CASE WHEN x.finished_at IS NULL THEN (
           SELECT 'The portal is ' || o.state || coalesce(': ' || o.state_reason, '') FROM portals o
            WHERE o.portal_id = x.portal_id AND o.state <> 'active') END) AS reason,
         x.end_requested AS "endRequested", x.source, x.object_id AS "objectId", x.attempts, x.received_at AS "receivedAt",
         x.planned_at AS "plannedAt", x.expires_at AS "expiresAt", x.finished_at AS "finishedAt",
         round(extract(epoch FROM coalesce(x.finished_at, clock_timestamp()) - x.received_at) * 1000)::float8 AS "waitedMs", p.workflow_id AS "workflowId"`;

export interface ExecutionFilter {
  readonly portalId?: number | undefined;
  readonly laneId?: string | undefined;
  readonly state?: ExecutionState | undefined;
  /** Only older ones than this id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** One page, newest first, of those that wait and those that ended alike. One statement: what ends meanwhile is not missed. */
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
    `${VIEW} FROM (SELECT * FROM (${parts.join(' UNION ALL ')}) u ORDER BY id DESC LIMIT $2) x LEFT JOIN packs p ON p.id = x.pack_id ORDER BY x.id DESC`,
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
  /** How many of its lane go before it. */
  readonly position: number;
  /** When its window is expected to let it go; null while the lane is paused or the portal not active. */
  readonly eta: Date | null;
  readonly etaMs: number | null;
}

/** When one that waits will go. Undefined when it does not wait (any more), or ends out of turn. */
export async function outlookOf(
  pool: Pool,
  workspaceId: string,
  id: string,
  holdMs: number,
): Promise<Outlook | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Outlook>(
    `SELECT position::int, at AS eta,
            CASE WHEN at IS NOT NULL THEN greatest(0, round(extract(epoch FROM at - clock_timestamp()) * 1000)) END::float8 AS "etaMs"
       FROM (SELECT ahead.position,
                    CASE WHEN r.estimate IS NOT NULL THEN greatest(r.estimate, e.received_at + $2::bigint * interval '1 millisecond') END AS at
               FROM executions e JOIN lanes l ON l.id = e.lane_id,
               LATERAL (SELECT count(*) AS position FROM executions o
                         WHERE o.lane_id = e.lane_id AND o.seq < e.seq AND o.grant_id IS NULL AND o.end_requested IS NULL) ahead,
               LATERAL (SELECT release_estimate(l.id, ahead.position) AS estimate) r
              WHERE e.id = $1 AND e.grant_id IS NULL AND e.end_requested IS NULL) a`,
    [id, holdMs],
  );
  return rows[0];
}

/** The body of a call that could not be understood. */
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

/*
 * What an operator changes, in a transaction of the workspace: the caller's, so that it is committed together with its audit entry.
 */

/** Marks one that waits to end as cancelled. Undefined when it is being sent, ends already, or is not there. */
export async function cancelExecution(
  client: Queryable,
  workspaceId: string,
  id: string,
): Promise<{ laneId: string } | undefined> {
  const { rows } = await client.query<{ laneId: string }>(
    `UPDATE executions SET end_requested = 'cancelled'
      WHERE id = $2 AND workspace_id = $1 AND grant_id IS NULL AND end_requested IS DISTINCT FROM 'expired'
      RETURNING lane_id AS "laneId"`,
    [workspaceId, id],
  );
  return rows[0];
}

/** Moves one that waits to the head of its lane; it takes the next place that the window has. Undefined as above. */
export async function moveToHead(
  client: Queryable,
  workspaceId: string,
  id: string,
): Promise<{ laneId: string } | undefined> {
  const lane = await lockLaneOf(client, 'executions', workspaceId, id);
  if (!lane) return undefined;
  const { rowCount } = await client.query(
    `UPDATE executions e SET seq = h.seq - 1
       FROM (SELECT min(seq) AS seq FROM executions WHERE lane_id = $2) h
      WHERE e.id = $1 AND e.grant_id IS NULL AND e.end_requested IS NULL`,
    [id, lane.laneId],
  );
  return rowCount ? lane : undefined;
}

/**
 * Sends one that failed again: the same execution, with one attempt more, at the end of its lane and without a workflow.
 * What HubSpot has given up meanwhile by the expiry that we once answered gets `renewMs`: the caller asks for the attempt.
 */
export async function retryExecution(
  client: Queryable,
  workspaceId: string,
  id: string,
  times: { guardMs: number; renewMs: number },
): Promise<{ laneId: string } | undefined> {
  const lane = await lockLaneOf(client, 'execution_history', workspaceId, id);
  if (!lane) return undefined;
  const { rowCount } = await client.query(
    `WITH ended AS (
       DELETE FROM execution_history WHERE id = $1 AND workspace_id = $2 AND state = ANY ($3) RETURNING *
     ), place AS (
       UPDATE lanes SET next_seq = next_seq + 1 WHERE id = $4 AND EXISTS (SELECT 1 FROM ended) RETURNING next_seq - 1 AS seq
     )
     INSERT INTO executions (id, workspace_id, portal_id, callback_id, lane_id, seq, received_at, planned_at, expires_at, attempts, source, object_id)
     SELECT h.id, h.workspace_id, h.portal_id, h.callback_id, h.lane_id, p.seq, h.received_at,
            coalesce(release_estimate($4, (SELECT count(*) FROM executions e WHERE e.lane_id = $4 AND e.grant_id IS NULL AND e.end_requested IS NULL)),
                     clock_timestamp()),
            CASE WHEN h.expires_at > clock_timestamp() + $5::bigint * interval '1 millisecond' THEN h.expires_at
                 ELSE clock_timestamp() + $6::bigint * interval '1 millisecond' END,
            h.attempts + 1, coalesce(h.source, 'WORKFLOWS'), h.object_id
       FROM ended h, place p`,
    [id, workspaceId, RETRIABLE_STATES, lane.laneId, times.guardMs, times.renewMs],
  );
  return rowCount ? lane : undefined;
}

/** Locks the lane as the intake does, so that nobody gives out the same place in it. */
async function lockLaneOf(
  client: Queryable,
  table: 'executions' | 'execution_history',
  workspaceId: string,
  id: string,
): Promise<{ laneId: string } | undefined> {
  const { rows } = await client.query<{ laneId: string }>(
    `SELECT l.id AS "laneId" FROM lanes l WHERE l.id = (SELECT e.lane_id FROM ${table} e WHERE e.id = $1 AND e.workspace_id = $2 LIMIT 1)
        FOR NO KEY UPDATE`,
    [id, workspaceId],
  );
  return rows[0];
}
