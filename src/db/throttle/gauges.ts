import type { Queryable } from '../pool.js';

/** The lanes of any workspace in which most executions wait. */
export async function waitingByLane(
  db: Queryable,
  most: number,
): Promise<{ portalId: string; laneId: string; waiting: number }[]> {
  const { rows } = await db.query<{ portalId: string; laneId: string; waiting: number }>(
    `SELECT portal_id AS "portalId", lane_id AS "laneId", waiting FROM waiting_by_lane($1)`,
    [most],
  );
  return rows;
}

/** The portals of any workspace with the fewest free slots, per ring. */
export async function budgetFreeSlots(
  db: Queryable,
  most: number,
): Promise<{ portalId: string; ring: string; free: number }[]> {
  const { rows } = await db.query<{ portalId: string; ring: string; free: number }>(
    `SELECT portal_id AS "portalId", ring, free FROM budget_free_slots($1)`,
    [most],
  );
  return rows;
}
