import type { Queryable } from '../pool.js';

/** The portals of any workspace with the fewest free slots, per bucket (column `ring`). */
export async function budgetFreeSlots(
  db: Queryable,
  max: number,
): Promise<{ portalId: string; ring: string; free: number }[]> {
  const { rows } = await db.query<{ portalId: string; ring: string; free: number }>(
    `SELECT portal_id AS "portalId", ring, free FROM budget_free_slots($1)`,
    [max],
  );
  return rows;
}
