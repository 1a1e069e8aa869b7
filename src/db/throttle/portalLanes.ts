import type { Pool } from '../pool.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { retryTransient } from '../retryTransient.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
import type { LaneId } from './lanes.js';

/* The lanes of a whole portal: when it comes back, and when it is disconnected. */

const BATCH = 5000;

/** Lanes of the portal in which executions wait or are being sent. */
export async function lanesInUse(pool: Pool, { workspaceId, portalId }: PortalId): Promise<LaneId[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<LaneId>(
    `SELECT l.workspace_id AS "workspaceId", l.id AS "laneId" FROM lanes l
      WHERE l.portal_id = $1
        AND (EXISTS (SELECT FROM executions e WHERE e.lane_id = l.id)
          OR EXISTS (SELECT FROM lane_grants g WHERE g.lane_id = l.id AND g.answered_at IS NULL))
      ORDER BY l.id`,
    [portalId],
  );
  return rows;
}

/** Whether the portal is being disconnected or already is, and how many of its executions have not ended. */
export async function readPortalEnd(
  pool: Pool,
  { workspaceId, portalId }: PortalId,
): Promise<{ ending: boolean; waiting: number }> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ ending: boolean; waiting: number }>(
    `SELECT EXISTS (SELECT FROM portals WHERE portal_id = $1 AND state IN ('disconnecting', 'disconnected')) AS ending,
            (SELECT coalesce(sum(c.count), 0)::int
               FROM lanes l, LATERAL (SELECT count(*) FROM executions e WHERE e.lane_id = l.id) c
              WHERE l.portal_id = $1) AS waiting`,
    [portalId],
  );
  return rows[0] ?? { ending: false, waiting: 0 };
}

/**
 * Moves a bounded number of a lane's executions to the history as cancelled, sent or not, and closes its open
 * admissions with the last of them. Returns how many; 0 when there is none, or when the portal is in use (again). Locks
 * in the common order: the lane (as the intake), its window (as the release), executions in their order, admissions.
 */
export async function endLaneLocally(
  pool: Pool,
  { workspaceId, portalId, laneId, reason }: PortalId & LaneId & { readonly reason: string },
): Promise<number> {
  return retryTransient(() =>
    inWorkspace(pool, workspaceId, async (client) => {
      const portal = await client.query(
        `SELECT 1 FROM portals WHERE portal_id = $1 AND state IN ('disconnecting', 'disconnected') FOR SHARE`,
        [portalId],
      );
      if (!portal.rowCount) return 0;
      await client.query('SELECT 1 FROM lanes WHERE id = $1 FOR NO KEY UPDATE', [laneId]);
      await client.query('SELECT 1 FROM lane_windows WHERE lane_id = $1 FOR NO KEY UPDATE', [laneId]);
      const { rowCount } = await client.query(
        `WITH picked AS (
           SELECT id FROM executions WHERE lane_id = $1 ORDER BY seq LIMIT $2 FOR UPDATE
         ), ended AS (
           DELETE FROM executions e USING picked p WHERE e.id = p.id RETURNING e.*
         )
         INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, lane_id, pack_id, state, reason,
                                        received_at, planned_at, expires_at, finished_at, attempts, source, object_id)
         SELECT id, workspace_id, portal_id, callback_id, lane_id, pack_id, 'cancelled', coalesce(end_reason, $3),
                received_at, planned_at, expires_at, clock_timestamp(), attempts, source, object_id FROM ended`,
        [laneId, BATCH, reason],
      );
      if ((rowCount ?? 0) < BATCH) {
        await client.query(
          `UPDATE lane_grants SET answered_at = clock_timestamp(), fence = fence + 1
            WHERE lane_id = $1 AND answered_at IS NULL`,
          [laneId],
        );
      }
      return rowCount ?? 0;
    }),
  );
}
