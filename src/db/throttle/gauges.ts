import type { Queryable } from '../pool.js';

/** The lanes in which most executions wait. */
export async function waitingByLane(
  db: Queryable,
  most: number,
): Promise<{ portalId: string; laneId: string; waiting: number }[]> {
  const { rows } = await db.query<{ portalId: string; laneId: string; waiting: number }>(
    `SELECT l.portal_id AS "portalId", l.id AS "laneId", e.waiting
       FROM (SELECT lane_id, count(*)::int AS waiting FROM executions GROUP BY lane_id ORDER BY count(*) DESC LIMIT $1) e
       JOIN lanes l ON l.id = e.lane_id`,
    [most],
  );
  return rows;
}

/** The portals with the fewest free slots, per ring. */
export async function budgetFreeSlots(
  db: Queryable,
  most: number,
): Promise<{ portalId: string; ring: string; free: number }[]> {
  const { rows } = await db.query<{ portalId: string; ring: string; free: number }>(
    `SELECT portal_id AS "portalId", ring, (count(*) FILTER (WHERE free_at <= clock_timestamp()))::int AS free
       FROM budget_slots GROUP BY portal_id, ring ORDER BY free LIMIT $1`,
    [most],
  );
  return rows;
}
