import { RETRIABLE_STATES } from '../../domain/throttle/executionStates.js';
import type { Queryable } from '../pool.js';
import { noteToReplan } from './toReplan.js';

/*
 * What an operator changes. Each runs in the caller's transaction, which names the workspace and also writes the audit
 * entry.
 */

/** Marks a waiting execution to end as cancelled. Undefined when it is being sent, ends already, or does not exist. */
export async function cancelExecution(
  client: Queryable,
  workspaceId: string,
  id: string,
): Promise<{ laneId: string } | undefined> {
  const lane = await lockLaneOf(client, 'executions', workspaceId, id);
  if (!lane) return undefined;
  const { rowCount } = await client.query(
    `UPDATE executions SET end_requested = 'cancelled'
      WHERE id = $1 AND grant_id IS NULL AND end_requested IS DISTINCT FROM 'expired'`,
    [id],
  );
  if (!rowCount) return undefined;
  await noteToReplan(client, lane.laneId);
  return lane;
}

/**
 * Moves a waiting execution to the head of its lane, where it takes the next place of the window, whatever its start.
 * Undefined when it is being sent, ends already, or does not exist.
 */
export async function moveToHead(
  client: Queryable,
  workspaceId: string,
  id: string,
): Promise<{ laneId: string } | undefined> {
  const lane = await lockLaneOf(client, 'executions', workspaceId, id);
  if (!lane) return undefined;
  const { rowCount } = await client.query(
    `UPDATE executions e SET seq = h.seq - 1, starts_at = NULL
       FROM (SELECT coalesce(min(x.seq) FILTER (WHERE x.seq < 562949953421312), l.next_seq) AS seq
               FROM lanes l LEFT JOIN executions x ON x.lane_id = l.id WHERE l.id = $2 GROUP BY l.next_seq) h
      WHERE e.id = $1 AND e.grant_id IS NULL AND e.end_requested IS NULL`,
    [id, lane.laneId],
  );
  if (!rowCount) return undefined;
  await noteToReplan(client, lane.laneId);
  return lane;
}

/**
 * Sends a failed execution again: the same one, with one attempt more, at the end of its lane and without a workflow.
 * Where HubSpot has given it up meanwhile, by the expiry in our answer, it gets `renewMs` more: the operator asks for
 * the attempt. Undefined when its state is not one of `RETRIABLE_STATES`.
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
       UPDATE lanes SET next_seq = next_seq + 1 WHERE id = $4 AND EXISTS (SELECT 1 FROM ended)
       RETURNING next_seq - 1 AS seq
     ), ahead AS (
       SELECT count(*) AS count FROM executions WHERE lane_id = $4 AND grant_id IS NULL AND end_requested IS NULL AND starts_at IS NULL
     )
     INSERT INTO executions (id, workspace_id, portal_id, callback_id, lane_id, seq,
                             received_at, planned_at, expires_at, attempts, source, object_id)
     SELECT h.id, h.workspace_id, h.portal_id, h.callback_id, h.lane_id, p.seq, h.received_at,
            coalesce(release_estimate($4, a.count), clock_timestamp()),
            CASE WHEN h.expires_at > clock_timestamp() + $5::bigint * interval '1 millisecond' THEN h.expires_at
                 ELSE clock_timestamp() + $6::bigint * interval '1 millisecond' END,
            least(h.attempts + 1, 32000), coalesce(h.source, 'WORKFLOWS'), h.object_id
       FROM ended h, place p, ahead a`,
    [id, workspaceId, RETRIABLE_STATES, lane.laneId, times.guardMs, times.renewMs],
  );
  return rowCount ? lane : undefined;
}

/** Locks the execution's lane as the intake does, so that no place in it is given twice. */
async function lockLaneOf(
  client: Queryable,
  table: 'executions' | 'execution_history',
  workspaceId: string,
  id: string,
): Promise<{ laneId: string } | undefined> {
  const { rows } = await client.query<{ laneId: string }>(
    `SELECT l.id AS "laneId" FROM lanes l
      WHERE l.id = (SELECT e.lane_id FROM ${table} e WHERE e.id = $1 AND e.workspace_id = $2 LIMIT 1)
        FOR NO KEY UPDATE`,
    [id, workspaceId],
  );
  return rows[0];
}
