import type { Queryable } from '../pool.js';

/** The lanes of any workspace in which most executions wait. */
export async function waitingByLane(
  db: Queryable,
  max: number,
): Promise<{ portalId: string; laneId: string; waiting: number }[]> {
  const { rows } = await db.query<{ portalId: string; laneId: string; waiting: number }>(
    `SELECT portal_id AS "portalId", lane_id AS "laneId", waiting FROM waiting_by_lane($1)`,
    [max],
  );
  return rows;
}
